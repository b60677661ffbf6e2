/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/printable.h"

#include <locale.h>

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
        { "\u202egpj", "\\u202egpj", "\\u202egpj", 9 }, /* reverses the direction of the line */
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

static Suite *make_suite(void)
{
        Suite *suite = suite_create("printable");
        TCase *tcase = tcase_create("printable");

        tcase_add_loop_test(tcase, test_printable, 0, ELEMENTSOF(printable_cases));
        tcase_add_loop_test(tcase, test_utf8, 0, ELEMENTSOF(utf8_cases));
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
