/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/strv.h"

#include <stdio.h>

START_TEST(test_empty)
{
        _cleanup_strv_ struct strv strv = { 0 };
        char *const none[] = { NULL };

        ck_assert_int_eq(strv_add_all(&strv, NULL), 0);
        ck_assert_int_eq(strv_add_all(&strv, none), 0);
        strv_sort(&strv);
        ck_assert_uint_eq(strv.n, 0);
        ck_assert_ptr_null(strv.list);
        ck_assert(!strv_has(&strv, ""));
        ck_assert_ptr_null(strv_free(NULL));
}
END_TEST

/* At each length, which includes those at which the list has to grow, it ends with NULL and has all that was added, in order. */
START_TEST(test_add)
{
        _cleanup_strv_ struct strv strv = { 0 };
        char text[16];

        for (size_t n = 0; n < 70; n++) {
                snprintf(text, sizeof(text), "text %zu", n);
                ck_assert_int_eq(n % 2 ? strv_add(&strv, text) : strv_addf(&strv, "text %zu", n), 0);
                ck_assert_uint_eq(strv.n, n + 1);
                ck_assert_ptr_null(strv.list[n + 1]);
                ck_assert_ptr_ne(strv.list[n], text);
                for (size_t i = 0; i <= n; i++) {
                        snprintf(text, sizeof(text), "text %zu", i);
                        ck_assert_str_eq(strv.list[i], text);
                }
        }
}
END_TEST

START_TEST(test_take)
{
        _cleanup_strv_ struct strv strv = { 0 };
        char *text = strdup("taken");

        ck_assert_int_eq(strv_take(&strv, NULL), -ENOMEM);
        ck_assert_uint_eq(strv.n, 0);
        ck_assert_int_eq(strv_take(&strv, text), 0);
        ck_assert_uint_eq(strv.n, 1);
        ck_assert_ptr_eq(strv.list[0], text);
}
END_TEST

START_TEST(test_add_all)
{
        _cleanup_strv_ struct strv strv = { 0 }, copy = { 0 };

        ck_assert_int_eq(strv_add(&strv, "b"), 0);
        ck_assert_int_eq(strv_add(&strv, ""), 0);
        ck_assert_int_eq(strv_add(&copy, "a"), 0);
        ck_assert_int_eq(strv_add_all(&copy, strv.list), 0);
        ck_assert_uint_eq(copy.n, 3);
        ck_assert_str_eq(copy.list[0], "a");
        ck_assert_str_eq(copy.list[1], "b");
        ck_assert_str_eq(copy.list[2], "");
        ck_assert_ptr_null(copy.list[3]);
        ck_assert_ptr_ne(copy.list[1], strv.list[0]);
}
END_TEST

/* A list that is taken out of the struct is the caller's. */
START_TEST(test_take_out)
{
        struct strv strv = { 0 };
        char **list;

        ck_assert_int_eq(strv_add(&strv, "a"), 0);
        list = TAKE_PTR(strv.list);
        strv.n = 0;
        strv_done(&strv);
        ck_assert_str_eq(list[0], "a");
        ck_assert_ptr_null(strv_free(list));
}
END_TEST

static const struct {
        const char *texts[8];
        const char *sorted[8];
} sorts[] = {
        { { "a" }, { "a" } },
        { { "b", "a" }, { "a", "b" } },
        { { "a", "a", "a" }, { "a" } },
        { { "b", "a", "b", "c", "a" }, { "a", "b", "c" } },
        { { "ab", "a", "", "b", "" }, { "", "a", "ab", "b" } },
        { { "v10", "v9", "V1" }, { "V1", "v10", "v9" } },
        { { "\xff", "z", "\xc3\xa4" }, { "z", "\xc3\xa4", "\xff" } },
};

START_TEST(test_sort)
{
        _cleanup_strv_ struct strv strv = { 0 };
        size_t n = 0;

        for (const char *const *text = sorts[_i].texts; *text; text++)
                ck_assert_int_eq(strv_add(&strv, *text), 0);
        strv_sort(&strv);
        for (; sorts[_i].sorted[n]; n++) {
                ck_assert_uint_lt(n, strv.n);
                ck_assert_str_eq(strv.list[n], sorts[_i].sorted[n]);
                ck_assert(strv_has(&strv, sorts[_i].sorted[n]));
        }
        ck_assert_uint_eq(strv.n, n);
        ck_assert_ptr_null(strv.list[n]);
        ck_assert(!strv_has(&strv, "missing"));
        ck_assert(!strv_has(&strv, "zz"));

        /* It can grow again after it became shorter. */
        for (size_t i = 0; i < 5; i++)
                ck_assert_int_eq(strv_add(&strv, "more"), 0);
        ck_assert_uint_eq(strv.n, n + 5);
        ck_assert_ptr_null(strv.list[n + 5]);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("strv");
        TCase *tcase = tcase_create("strv");

        tcase_add_test(tcase, test_empty);
        tcase_add_test(tcase, test_add);
        tcase_add_test(tcase, test_take);
        tcase_add_test(tcase, test_add_all);
        tcase_add_test(tcase, test_take_out);
        tcase_add_loop_test(tcase, test_sort, 0, ELEMENTSOF(sorts));
        suite_add_tcase(suite, tcase);
        return suite_run(suite);
}
