/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/wrap.h"

#include "basic/macro.h"

static size_t wrap_measure(const struct wrap *wrap, char *begin, char *end)
{
        char next = *end;
        size_t width;

        *end = '\0';
        width = terminal_measure(wrap->terminal, begin);
        *end = next;
        return width;
}

static char *word_find_end(char *word)
{
        return word + strcspn(word, " ");
}

void wrap_break(struct wrap *wrap)
{
        assert(wrap);

        fprintf(wrap->terminal->stream, "\n%*s", (int)wrap->indent, "");
        wrap->column = wrap->indent;
        wrap->blanks = 0;
}

/* A word that is too wide for any line sticks out, so that a path can still be copied. */
static void wrap_begin_word(struct wrap *wrap, size_t width)
{
        bool fits = wrap->column + wrap->blanks + width <= terminal_width(wrap->terminal);

        if (!fits && wrap->blanks > 0 && wrap->column > wrap->indent)
                wrap_break(wrap);
        fprintf(wrap->terminal->stream, "%*s", (int)wrap->blanks, "");
        wrap->column += wrap->blanks + width;
        wrap->blanks = 0;
}

/* Returns: the end of the words that still fit after @end, with the blanks between them. */
static char *wrap_extend(struct wrap *wrap, char *end)
{
        size_t limit = terminal_width(wrap->terminal);

        for (;;) {
                char *word = end + strspn(end, " "), *next = word_find_end(word);
                size_t width = wrap_measure(wrap, end, next);

                if (next == word || wrap->column + width > limit)
                        return end;
                wrap->column += width;
                end = next;
        }
}

/* Writes the words that fit on one line, at least one. Returns: what follows them. */
static char *wrap_put_words(struct wrap *wrap, enum style style, char *words)
{
        char *end = word_find_end(words), next;

        wrap_begin_word(wrap, wrap_measure(wrap, words, end));
        end = wrap_extend(wrap, end);
        next = *end;
        *end = '\0';
        terminal_put(wrap->terminal, style, words);
        *end = next;
        return end;
}

void wrap_put(struct wrap *wrap, enum style style, const char *text)
{
        _cleanup_free_ char *copy = NULL;

        assert(wrap);
        assert(text);

        copy = strdup(text);
        if (!copy) { /* a line that is too long is better than none */
                wrap_begin_word(wrap, 0);
                terminal_put(wrap->terminal, style, text);
                return;
        }
        for (char *rest = copy; *rest;) {
                size_t blanks = strspn(rest, " ");

                wrap->blanks += blanks;
                rest += blanks;
                if (*rest)
                        rest = wrap_put_words(wrap, style, rest);
        }
}
