/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/diff-text.h"

#include "basic/macro.h"
#include "cli/need.h"

#define HEADER_LINES 2

struct diff_lines diff_text_count(const char *diff)
{
        struct diff_lines lines = { 0 };
        size_t n = 0;

        assert(diff);

        for (const char *line = diff; *line; line += *line == '\n') {
                if (n++ >= HEADER_LINES) {
                        lines.added += *line == '+';
                        lines.removed += *line == '-';
                }
                line = strchrnul(line, '\n');
        }
        return lines;
}

static enum style diff_text_style(const char *line, size_t number)
{
        if (number < HEADER_LINES)
                return STYLE_BOLD;
        return *line == '+' ? STYLE_GOOD : *line == '-' ? STYLE_BAD : *line == '@' ? STYLE_HUNK : STYLE_PLAIN;
}

static void diff_text_put_line(const struct terminal *terminal, enum style style, char *line)
{
        const char *part;

        while ((part = strsep(&line, "\t"))) {
                terminal_put(terminal, style, part);
                if (line)
                        fputc('\t', terminal->stream);
        }
        fputc('\n', terminal->stream);
}

void diff_text_print(const struct terminal *terminal, const char *diff)
{
        _cleanup_free_ char *copy = NULL;
        char *rest, *line;

        assert(terminal);
        assert(diff);

        rest = copy = need_memory(strdup(diff));
        for (size_t n = 0; (line = strsep(&rest, "\n")) && (*line || rest); n++)
                diff_text_put_line(terminal, diff_text_style(line, n), line);
}
