/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the command line shows: escapes, widths, columns, lengths of time, sizes, diffs, and the names of instances. */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/diff-text.h"
#include "cli/terminal/format.h"
#include "cli/terminal/printable.h"

#include <locale.h>

/* ---- What is safe to print ---- */

static const struct {
        const char *text, *shown, *ascii;
        size_t width;
} printable_cases[] = {
        { "", "", "", 0 },
        { "plain", "plain", "plain", 5 },
        { "Umläute", "Umläute", "Uml?ute", 7 },
        { "漢字", "漢字", "??", 4 },
        { "e\u0301", "e\u0301", "e?", 1 }, /* a combining accent */
        { "\U0001f600!", "\U0001f600!", "?!", 3 },
        { "\033[31mred", "\\x1b[31mred", "\\x1b[31mred", 11 },
        { "a\nb\tc\rd", "a\\nb\\tc\\x0dd", "a\\nb\\tc\\x0dd", 12 },
        { "\x7f", "\\x7f", "\\x7f", 4 },
        { "\xc2\x9b"
          "2J",
          "\\x9b2J", "\\x9b2J", 6 }, /* CSI as one character */
        { "\xc2\xa0", "\xc2\xa0", "?", 1 },
        { "\u202egpj", "\\u202egpj", "\\u202egpj", 9 }, /* turns the line round */
        { "\xff", "\\xff", "\\xff", 4 },
        { "\xc3", "\\xc3", "\\xc3", 4 },                                            /* cut short */
        { "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", 8 },                              /* overlong */
        { "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", 12 },               /* a surrogate */
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80", 16 }, /* above U+10FFFF */
};

static char *print(const char *text, bool ascii)
{
        char *shown = NULL;
        size_t size;
        FILE *stream = open_memstream(&shown, &size);

        ck_assert_ptr_nonnull(stream);
        printable_write(stream, text, ascii);
        fclose(stream);
        return shown;
}

START_TEST(test_printable)
{
        _cleanup_free_ char *shown = print(printable_cases[_i].text, false);
        _cleanup_free_ char *ascii = print(printable_cases[_i].text, true);

        ck_assert_str_eq(shown, printable_cases[_i].shown);
        ck_assert_str_eq(ascii, printable_cases[_i].ascii);
        ck_assert_uint_eq(printable_width(printable_cases[_i].text, false), printable_cases[_i].width);
        ck_assert_uint_eq(printable_width(printable_cases[_i].text, true), strlen(ascii));
}
END_TEST

static const char *const utf8_cases[][2] = {
        { "", "" },           { "ok ä\033", "ok ä\033" }, /* JSON has escapes of its own for control characters */
        { "\xff", "\ufffd" }, { "a\xc3z", "a\ufffdz" },   { "\xe2\x82", "\ufffd\ufffd" },
};

START_TEST(test_utf8)
{
        _cleanup_free_ char *text = printable_utf8(utf8_cases[_i][0]);

        ck_assert_str_eq(text, utf8_cases[_i][1]);
}
END_TEST

/* ---- Columns ---- */

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

/* A column that no line fills takes no room. */
START_TEST(test_columns_empty)
{
        static const struct cell cells[][COLUMNS_MAX] = {
                { { "a", STYLE_PLAIN }, { NULL, STYLE_PLAIN }, { "b", STYLE_PLAIN } },
        };
        _cleanup_free_ char *shown = print_columns(cells, ELEMENTSOF(cells), 0);

        ck_assert_str_eq(shown, "a  b\n");
}
END_TEST

/* ---- Lengths of time ---- */

static const struct {
        int64_t value;
        const char *text;
} duration_cases[] = {
        { 0, "0 ms" },       { 12, "12 ms" },     { 999, "999 ms" },    { 1000, "1.0 s" },      { 1299, "1.2 s" },
        { 59999, "59.9 s" }, { 60000, "1min" },   { 125000, "2min 5s" }, { 3600000, "1h" },
}, span_cases[] = {
        { 0, "0s" },     { 12, "12s" },   { 60, "1min" },           { 900, "15min" },
        { 3605, "1h 5s" }, { 3661, "1h 1min 1s" }, { 360000, "100h" },
};

START_TEST(test_duration)
{
        char text[DURATION_MAX];

        format_duration(duration_cases[_i].value, text);
        ck_assert_str_eq(text, duration_cases[_i].text);
}
END_TEST

START_TEST(test_span)
{
        char text[DURATION_MAX];

        format_span(span_cases[_i].value, text);
        ck_assert_str_eq(text, span_cases[_i].text);
}
END_TEST

static const struct {
        uint64_t bytes;
        const char *text;
} bytes_cases[] = {
        { 0, "0 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1536, "1.5 KiB" },
        { 10239, "9.9 KiB" },
        { 10240, "10 KiB" },
        { 1024 * 1024 - 1, "1023 KiB" },
        { 1024 * 1024, "1.0 MiB" },
        { UINT64_C(5) << 40, "5.0 TiB" },
        { UINT64_MAX, "15 EiB" },
};

START_TEST(test_bytes)
{
        char text[BYTES_MAX];

        format_bytes(bytes_cases[_i].bytes, text);
        ck_assert_str_eq(text, bytes_cases[_i].text);
}
END_TEST

/* ---- Diffs ---- */

static const struct {
        const char *diff;
        size_t added, removed;
} diff_cases[] = {
        { "", 0, 0 },
        { "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n", 2, 1 },
        { "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n---- a\n-++ b\n+--- c\n\\ No newline at end of file\n", 1, 2 },
};

START_TEST(test_diff_count)
{
        struct diff_lines lines = diff_text_count(diff_cases[_i].diff);

        ck_assert_uint_eq(lines.added, diff_cases[_i].added);
        ck_assert_uint_eq(lines.removed, diff_cases[_i].removed);
}
END_TEST

START_TEST(test_diff_text)
{
        char *shown = NULL;
        size_t size;
        FILE *stream = open_memstream(&shown, &size);
        const struct terminal plain = { .stream = stream }, coloured = { .stream = stream, .color = true };

        diff_text_print(&plain, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\ta\033\r\n+\n\n");
        fflush(stream);
        ck_assert_str_eq(shown, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\ta\\x1b\\x0d\n+\n\n");
        rewind(stream);
        diff_text_print(&coloured, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n");
        fclose(stream);
        ck_assert_str_eq(shown, "\033[1m--- a/x\033[0m\n\033[1m+++ b/x\033[0m\n\033[36m@@ -1 +1 @@\033[0m\n"
                                "\033[31m-a\033[0m\n\033[32m+b\033[0m\n c\n");
        free(shown);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("cli-text");
        TCase *tcase = tcase_create("cli-text");

        tcase_add_loop_test(tcase, test_printable, 0, ELEMENTSOF(printable_cases));
        tcase_add_loop_test(tcase, test_utf8, 0, ELEMENTSOF(utf8_cases));
        tcase_add_test(tcase, test_columns);
        tcase_add_test(tcase, test_columns_empty);
        tcase_add_loop_test(tcase, test_duration, 0, ELEMENTSOF(duration_cases));
        tcase_add_loop_test(tcase, test_span, 0, ELEMENTSOF(span_cases));
        tcase_add_loop_test(tcase, test_bytes, 0, ELEMENTSOF(bytes_cases));
        tcase_add_loop_test(tcase, test_diff_count, 0, ELEMENTSOF(diff_cases));
        tcase_add_test(tcase, test_diff_text);
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
