/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * terminal: texts of packages in a table, in wrapped lines and as a diff. No control character reaches the terminal but those that we mean to.
 *
 * Covers: cli/terminal/columns.c cli/terminal/wrap.c cli/terminal/diff-text.c cli/terminal/tail.c
 */

#include "cli/terminal/columns.h"
#include "cli/terminal/diff-text.h"
#include "cli/terminal/tail.h"
#include "cli/terminal/wrap.h"
#include "fuzz.h"

#define N_LINES 3U
#define N_TEXTS (N_LINES * COLUMNS_MAX)

static void check_shown(const char *shown, size_t size, bool color)
{
        law(strlen(shown) == size);
        for (const char *p = shown; *p; p++)
                law((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t' || (*p == '\033' && color && p[1] == '['));
}

static void show_columns(const struct terminal *terminal, char *const *texts)
{
        struct columns columns = { .terminal = terminal, .indent = 1 };
        struct cell cells[N_LINES][COLUMNS_MAX];

        for (size_t i = 0; i < N_TEXTS; i++)
                cells[i / COLUMNS_MAX][i % COLUMNS_MAX] =
                        (struct cell){ .text = *texts[i] ? texts[i] : NULL, .style = (enum style)(i % STYLE_HUNK) };
        for (size_t i = 0; i < N_LINES; i++)
                columns_fit(&columns, cells[i]);
        for (size_t i = 0; i < N_LINES; i++)
                columns_print(&columns, cells[i]);
}

static void show_wrapped(const struct terminal *terminal, char *const *texts)
{
        struct wrap wrap = { .terminal = terminal, .indent = 4 };

        for (size_t i = 0; i < N_TEXTS; i++)
                wrap_put(&wrap, (enum style)(i % STYLE_HUNK), texts[i]);
        wrap_break(&wrap);
}

static void show(char *const *texts, const char *diff, struct terminal terminal)
{
        struct diff_lines counted = diff_text_count(diff);
        char *shown = NULL;
        size_t size;

        terminal.stream = open_memstream(&shown, &size);
        if (!terminal.stream)
                abort();
        show_columns(&terminal, texts);
        show_wrapped(&terminal, texts);
        diff_text_print(&terminal, diff);
        fclose(terminal.stream);
        check_shown(shown, size, terminal.color);
        law(counted.added <= strlen(diff) && counted.removed <= strlen(diff));
        free(shown);
}

static void check_tail(char *const *texts)
{
        struct tail tail = { 0 };

        for (size_t i = 0; i < N_TEXTS; i++)
                tail_add(&tail, texts[i]);
        law(streq(tail_get(&tail, 0), texts[N_TEXTS - TAIL_LINES]));
        law(streq(tail_get(&tail, TAIL_LINES - 1), texts[N_TEXTS - 1]) && !tail_get(&tail, TAIL_LINES));
        tail_clear(&tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *diff = fuzz_text(data, size);
        char *texts[N_TEXTS];

        fuzz_split(data, size, '\n', N_TEXTS, texts);
        show(texts, diff, (struct terminal){ .width = 80, .utf8 = true });
        show(texts, diff, (struct terminal){ .width = 20, .color = true });
        check_tail(texts);
        fuzz_free(texts, N_TEXTS);
        return 0;
}
