/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether a file of an upper layer is another one than the one beneath it. More of real overlays is in tests/transaction. */

#include "../support/boxed.h"
#include "../support/filesystem.h"
#include "../support/suite.h"
#include "stage/hard-links.h"

#include <fcntl.h>
#include <stdio.h>
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

static const struct {
        const char *script;
        int r;
} copying[] = {
        { "touch new; rm old; mv other another", 0 }, /* overlayfs keeps a whiteout in its index */
        { "echo new >old", 0 },
        { "echo new >first", 1 },
        { "rm first", 1 },
};

START_TEST(test_copied)
{
        _cleanup_(root_done) struct root tree = tree_new();
        const struct box box = { .root = &tree, .migrate = true, .manifest = "{'writes':['/etc/foo']}" };
        _cleanup_(box_close) struct opened_box opened;
        _cleanup_(run_done) struct run run = { 0 };
        _cleanup_free_ char *script = NULL;

        tree_add(&tree, &(struct tree_entry){ "/etc/foo/old", 0644, "old" });
        tree_add(&tree, &(struct tree_entry){ "/etc/foo/other", 0644, "old" });
        tree_add(&tree, &(struct tree_entry){ "/etc/foo/first", 0644, "old" });
        ck_assert_int_eq(linkat(tree.fd, "etc/foo/first", tree.fd, "etc/foo/second", 0), 0);
        box_open(&box, &opened);
        ck_assert_int_ge(asprintf(&script, "set -eu; cd '%s/etc/foo'; %s", tree.path, copying[_i].script), 0);
        program_run(&(struct program){ .script = script, .sandbox = opened.sandbox }, &run);
        ck_assert_msg(run.r == 0 && run.result.status == 0, "%s", run.output);
        ck_assert_int_eq(hard_links_are_copied(opened.stage), copying[_i].r);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("hard-links");
        TCase *tcase = trees_case(suite, "hard-links", 20);

        tcase_add_loop_test(tcase, test_other, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(tcase, test_copied, 0, ELEMENTSOF(copying));
        return suite;
}

int main(void)
{
        return suite_run_as_root(make_suite());
}
