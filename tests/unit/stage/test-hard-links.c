/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether a file of an upper layer is another one than the one beneath it. Real overlays are in tests/transaction. */

#include "../support/filesystem.h"
#include "../support/suite.h"
#include "stage/hard-links.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static const struct hard_links_case {
        const char *attributes[3]; /* of overlayfs, which the file of the upper layer has */
        int r;
} cases[] = {
        { { NULL }, 1 },                                                    /* made by the migration */
        { { "trusted.overlay.nlink", NULL }, 0 },                           /* a copy, of a file that isn't told */
        { { "trusted.overlay.nlink", "trusted.overlay.origin", NULL }, 0 }, /* by one that can't be read */
        { { "trusted.overlay.origin", NULL }, 1 },                          /* of a file with one name */
};

static int open_directory(const struct root *root, const char *path)
{
        int fd;

        tree_add(root, &(struct tree_entry){ path, S_IFDIR | 0755, NULL });
        fd = open(tree_path(root, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        return fd;
}

START_TEST(test_other)
{
        struct root root = filesystem_new(FILESYSTEM_TMPFS);
        _cleanup_close_ int upper = open_directory(&root, "/upper"), lower = open_directory(&root, "/lower");
        struct stat st;

        tree_add(&root, &(struct tree_entry){ "/lower/file", 0644, "old" });
        tree_add(&root, &(struct tree_entry){ "/upper/file", 0644, "new" });
        ck_assert_int_eq(stat(tree_path(&root, "/lower/file"), &st), 0);
        for (const char *const *name = cases[_i].attributes; *name; name++)
                ck_assert_int_eq(setxattr(tree_path(&root, "/upper/file"), *name, "U+1", 3, 0), 0);
        ck_assert_int_eq(hard_links_is_other(upper, "file", lower, &st), cases[_i].r);
        ck_assert_int_eq(hard_links_is_other(upper, "missing", lower, &st), 0);
        ck_assert_int_eq(hard_links_is_other(-EBADF, "file", lower, &st), -EBADF);
        root_done(&root);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("hard-links");
        TCase *tcase = trees_case(suite, "hard-links", 20);

        tcase_add_loop_test(tcase, test_other, 0, ELEMENTSOF(cases));
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
