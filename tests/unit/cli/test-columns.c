/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/columns.h"

#include <locale.h>

static char *print_columns(const struct cell cells[][COLUMNS_MAX], size_t n, size_t indent)
{
        char *shown = NULL;
        size_t size;
        FILE *stream = open_memstream(&shown, &size);
        const struct terminal terminal = { .stream = stream };
        struct columns columns = { .terminal = &terminal, .indent = indent };

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < n; i++)
                columns_fit(&columns, cells[i]);
        for (size_t i = 0; i < n; i++)
                columns_print(&columns, cells[i]);
        fclose(stream);
        return shown;
}

START_TEST(test_columns)
{
        static const struct cell cells[][COLUMNS_MAX] = {
                { { "a", STYLE_BAD }, { "漢字", STYLE_PLAIN }, { "end", STYLE_PLAIN } },
                { { "bbb", STYLE_PLAIN }, { "ä", STYLE_PLAIN }, { NULL, STYLE_PLAIN } },
                { { "c", STYLE_PLAIN }, { NULL, STYLE_PLAIN }, { "end", STYLE_PLAIN } },
                { { "", STYLE_PLAIN }, { "\033", STYLE_PLAIN }, { "end", STYLE_PLAIN } },
        };
        _cleanup_free_ char *shown = print_columns(cells, ELEMENTSOF(cells), 1);

        ck_assert_str_eq(shown, " a    漢字  end\n"
                                " bbb  ä\n"
                                " c          end\n"
                                "      \\x1b  end\n");
}
END_TEST

/* An empty column takes no space. */
START_TEST(test_columns_empty)
{
        static const struct cell cells[][COLUMNS_MAX] = {
                { { "a", STYLE_PLAIN }, { NULL, STYLE_PLAIN }, { "b", STYLE_PLAIN } },
        };
        _cleanup_free_ char *shown = print_columns(cells, ELEMENTSOF(cells), 0);

        ck_assert_str_eq(shown, "a  b\n");
}
END_TEST

/* What is too wide goes on below; a text of several words goes on beside the others, if there is room. */
START_TEST(test_columns_too_wide)
{
        static const struct cell cells[][COLUMNS_MAX] = {
                { { "package", STYLE_PLAIN }, { "1.0", STYLE_PLAIN }, { "failed", STYLE_PLAIN } },
                { { "a", STYLE_PLAIN },
                  { "a-version-that-is-so-long-that-nothing-has-room-beside-it-on-a-line", STYLE_PLAIN },
                  { "failed", STYLE_PLAIN } },
        };
        static const struct cell text[][COLUMNS_MAX] = {
                { { "+", STYLE_PLAIN },
                  { "1.0.0/001_x", STYLE_PLAIN },
                  { "a description with so many words that a single line isn't enough for them", STYLE_PLAIN } },
        };
        _cleanup_free_ char *shown = print_columns(cells, ELEMENTSOF(cells), 0),
                            *wrapped = print_columns(text, ELEMENTSOF(text), 2);

        ck_assert_str_eq(shown, "package  1.0  failed\n"
                                "a        a-version-that-is-so-long-that-nothing-has-room-beside-it-on-a-line\n"
                                "    failed\n");
        ck_assert_str_eq(wrapped, "  +  1.0.0/001_x  a description with so many words that a single line isn't\n"
                                  "                  enough for them\n");
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("columns");
        TCase *tcase = tcase_create("columns");

        tcase_add_test(tcase, test_columns);
        tcase_add_test(tcase, test_columns_empty);
        tcase_add_test(tcase, test_columns_too_wide);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        /* wcwidth() knows nothing beyond ASCII in the C locale. */
        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                return 77;
        return suite_run(make_suite());
}
