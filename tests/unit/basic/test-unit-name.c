/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/unit-name.h"

static const char *const escaped_cases[][2] = {
        { "sample", "sample" },
        { "foo-bar", "foo-bar" },
        { "libstdc++6", "libstdc\\x2b\\x2b6" },
        { "a.b", "a.b" },
        { ".hidden", "\\x2ehidden" },
        { "-a:b_c", "-a:b_c" },
        { "a\\b", "a\\x5cb" },
        { "a@b", "a\\x40b" },
        { "a/b c~", "a\\x2fb\\x20c\\x7e" },
        { "\xc3", "\\xc3" },
        { "", "" },
};

START_TEST(test_escape)
{
        _cleanup_free_ char *name = NULL, *text = NULL;

        ck_assert_int_eq(unit_name_escape(escaped_cases[_i][0], &name), 0);
        ck_assert_str_eq(name, escaped_cases[_i][1]);
        ck_assert_int_eq(unit_name_unescape(name, &text), 0);
        ck_assert_str_eq(text, escaped_cases[_i][0]);
}
END_TEST

/* NULL: the name is malformed. */
static const char *const names[][2] = {
        { "sample", "sample" },
        { "foo-bar", "foo-bar" },
        { "libstdc\\x2b\\x2b6", "libstdc++6" },
        { "foo\\x2dbar", "foo-bar" },
        { "\\x2B", "+" },
        { "", "" },
        { "\\", NULL },
        { "a\\", NULL },
        { "a\\x", NULL },
        { "a\\x2", NULL },
        { "a\\x2g", NULL },
        { "a\\n", NULL },
        { "a\\x00b", NULL },
        { "a\\x-1", NULL },
};

START_TEST(test_unescape)
{
        _cleanup_free_ char *text = NULL;
        int r = unit_name_unescape(names[_i][0], &text);

        if (!names[_i][1]) {
                ck_assert_int_eq(r, -EINVAL);
                ck_assert_ptr_null(text);
                return;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(text, names[_i][1]);
}
END_TEST

START_TEST(test_each_byte)
{
        for (unsigned i = 1; i < 256; i++) {
                const char text[] = { 'a', (char)i, '\0' };
                _cleanup_free_ char *name = NULL, *back = NULL;

                ck_assert_int_eq(unit_name_escape(text, &name), 0);
                ck_assert_int_eq(unit_name_unescape(name, &back), 0);
                ck_assert_str_eq(back, text);
        }
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("unit-name");
        TCase *tcase = tcase_create("unit-name");

        tcase_add_loop_test(tcase, test_escape, 0, ELEMENTSOF(escaped_cases));
        tcase_add_loop_test(tcase, test_unescape, 0, ELEMENTSOF(names));
        tcase_add_test(tcase, test_each_byte);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
