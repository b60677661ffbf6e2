/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "catalog/os-release.h"

#include <sys/stat.h>

#define ETC "/etc/os-release"
#define USR "/usr/lib/os-release"

static const struct {
        const char *etc, *usr; /* NULL: there is none */
        const char *value;     /* of IMAGE_VERSION, NULL if it must be refused */
} cases[] = {
        { "IMAGE_VERSION=1.2\n", NULL, "1.2" },
        { NULL, "IMAGE_VERSION=1.2\n", "1.2" },
        { "IMAGE_VERSION=1.2", "IMAGE_VERSION=9\n", "1.2" },
        { "ID=debian\nIMAGE_VERSION=\"1.2\"\nX=y\n", NULL, "1.2" },
        { "  IMAGE_VERSION='1.2 \\a'\n", NULL, "1.2 \\a" },
        { "IMAGE_VERSION=\"1\\\"2\"\n", NULL, "1\"2" },
        { "IMAGE_VERSION=1\nIMAGE_VERSION=2\n", NULL, "2" },
        { "IMAGE_VERSION=\n", NULL, "" },
        { "#IMAGE_VERSION=1\nIMAGE_VERSIONS=2\nMY_IMAGE_VERSION=3\n", NULL, NULL },
        { "ID=debian\n", "IMAGE_VERSION=9\n", NULL },
        { NULL, NULL, NULL },
};

START_TEST(test_cases)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *value = NULL;
        int r;

        if (cases[_i].etc)
                tree_add(&root, &(struct tree_entry){ ETC, 0644, cases[_i].etc });
        if (cases[_i].usr)
                tree_add(&root, &(struct tree_entry){ USR, 0644, cases[_i].usr });
        r = os_release_read(&root, "IMAGE_VERSION", &value, &error);
        if (cases[_i].value) {
                ck_assert_msg(r == 0, "%s", error_text(&error));
                ck_assert_str_eq(value, cases[_i].value);
        } else {
                ck_assert_int_eq(r, -EBADMSG);
                ck_assert_ptr_nonnull(strstr(error_text(&error), ETC));
        }
}
END_TEST

/* What can't be opened isn't absent: the other file isn't asked. */
START_TEST(test_unreadable)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        char *value = NULL;

        tree_add(&root, &(struct tree_entry){ ETC, S_IFLNK | 0777, "os-release" });
        tree_add(&root, &(struct tree_entry){ USR, 0644, "IMAGE_VERSION=9\n" });
        ck_assert_int_eq(os_release_read(&root, "IMAGE_VERSION", &value, &error), -ELOOP);
        ck_assert_ptr_nonnull(strstr(error_text(&error), ETC));
        ck_assert_ptr_null(value);
}
END_TEST

static Suite *os_release_suite(void)
{
        Suite *suite = suite_create("os-release");
        TCase *tcase = trees_case(suite, "os-release", 10);

        tcase_add_loop_test(tcase, test_cases, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_unreadable);
        return suite;
}

int main(void)
{
        return suite_run(os_release_suite());
}
