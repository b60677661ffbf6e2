/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/path.h"

#include <stdlib.h>

static const struct {
        const char *path, *directory, *rest;
} belows[] = {
        { "/a", "/a", "" },     { "/a/b", "/a", "b" }, { "/a/b/c", "/a", "b/c" }, { "/ab", "/a", NULL },
        { "/a", "/a/b", NULL }, { "/a", "/", "a" },    { "/", "/", "" },          { "/", "/a", NULL },
        { "a/b", "a", "b" },    { "ab", "a", NULL },   { "a", "a", "" },
};

START_TEST(test_below)
{
        const char *rest = path_startswith(belows[_i].path, belows[_i].directory);

        ck_assert_pstr_eq(rest, belows[_i].rest);
        ck_assert_int_eq(path_is_within(belows[_i].path, belows[_i].directory), rest != NULL);
}
END_TEST

static const struct {
        const char *path;
        bool touches;
} states[] = {
        { STATE_DIR, true },       { STATE_DIR "/foo", true },  { "/var/lib", true },         { "/", true },
        { "/var/lib/foo", false }, { STATE_DIR "-foo", false }, { "/var/lib/deploy", false },
};

START_TEST(test_touches_state)
{
        ck_assert_int_eq(path_touches_state(states[_i].path), states[_i].touches);
}
END_TEST

static const struct {
        const char *path, *parent, *name;
} splits[] = { { "a/b/c", "a/b", "c" }, { "a/b", "a", "b" }, { "a", "", "a" }, { "", "", "" } };

START_TEST(test_split)
{
        _cleanup_free_ char *parent = path_parent(splits[_i].path);

        ck_assert_pstr_eq(parent, splits[_i].parent);
        ck_assert_str_eq(path_name(splits[_i].path), splits[_i].name);
}
END_TEST

START_TEST(test_order)
{
        static const char *const ordered[] = { "", "a", "a/b", "a/b/c", "a/c", "a ", "a-b", "a.b", "b" };

        for (size_t i = 0; i < ELEMENTSOF(ordered); i++)
                for (size_t k = 0; k < ELEMENTSOF(ordered); k++) {
                        int order = path_compare(ordered[i], ordered[k]);

                        ck_assert_int_eq((order > 0) - (order < 0), (i > k) - (i < k));
                }
}
END_TEST

/* Whatever the length of what they have in common. */
START_TEST(test_long_order)
{
        char a[300], b[300];

        for (size_t n = 0; n < sizeof(a) - 3; n++) {
                memset(a, 'x', n);
                memcpy(b, a, n);
                strcpy(a + n, "/y");
                strcpy(b + n, "-z");
                ck_assert_int_lt(path_compare(a, b), 0);
                ck_assert_int_gt(path_compare(b, a), 0);
                ck_assert_int_eq(path_compare(a, a), 0);
                b[n] = '\0';
                ck_assert_int_gt(path_compare(a, b), 0);
                ck_assert_int_eq(path_compare(b, b), 0);
        }
}
END_TEST

static Suite *suite(void)
{
        TCase *tcase = tcase_create("paths");
        Suite *s = suite_create("paths");

        tcase_add_loop_test(tcase, test_below, 0, ELEMENTSOF(belows));
        tcase_add_loop_test(tcase, test_touches_state, 0, ELEMENTSOF(states));
        tcase_add_loop_test(tcase, test_split, 0, ELEMENTSOF(splits));
        tcase_add_test(tcase, test_order);
        tcase_add_test(tcase, test_long_order);
        suite_add_tcase(s, tcase);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
