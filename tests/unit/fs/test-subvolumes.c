/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where there are no subvolumes. Those of a real btrfs are in tests/transaction/subvolumes.sh. */

#include "../support/suite.h"
#include "../support/tree.h"
#include "fs/subvolumes.h"

#include <stdio.h>
#include <sys/stat.h>

static int count(const char *path, bool read_only, void *userdata)
{
        (void)path;
        (void)read_only;
        ++*(int *)userdata;
        return 0;
}

static int refuse(const char *path, bool read_only, void *userdata)
{
        (void)path;
        (void)read_only;
        (void)userdata;
        return -EIO;
}

START_TEST(test_none)
{
        static const char *const paths[] = { "/a/b/c", "/a", "/missing/below", "/a/file", "/a/link" };
        _cleanup_(root_done) struct root root = tree_new();
        int n = 0;
        const struct subvolume_visitor visitors[] = { { count, &n }, { refuse, NULL } };

        tree_add(&root, &(struct tree_entry){ "/a/b/c", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/a/file", 0644, NULL });
        tree_add(&root, &(struct tree_entry){ "/a/link", S_IFLNK, "b" });
        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                for (size_t k = 0; k < ELEMENTSOF(visitors); k++) {
                        ck_assert_int_eq(subvolumes_visit_above(tree_path(&root, paths[i]), root.path, &visitors[k]),
                                         0);
                        ck_assert_int_eq(subvolumes_visit_below(tree_path(&root, paths[i]), &visitors[k]), 0);
                }
        ck_assert_int_eq(n, 0);
}
END_TEST

/* A path that can't be looked at isn't one without subvolumes. */
START_TEST(test_error)
{
        int n = 0;
        const struct subvolume_visitor visitor = { count, &n };
        char path[8192];

        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        ck_assert_int_eq(subvolumes_visit_above(path, "/", &visitor), -ENAMETOOLONG);
        ck_assert_int_eq(subvolumes_visit_below(path, &visitor), -ENAMETOOLONG);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("subvolumes");
        TCase *tcase = trees_case(suite, "subvolumes", 20);

        tcase_add_test(tcase, test_none);
        tcase_add_test(tcase, test_error);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
