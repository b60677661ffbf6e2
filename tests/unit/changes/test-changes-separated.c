/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of one file that become two. */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "changes/changes-separated.h"
#include "changes/undeclared.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct separated_case {
        const char *declared;
        const char *changed[3]; /* ended by NULL */
        const char *notice;     /* a part of it; NULL: there is none */
} cases[] = {
        { "a",
          { "a" },
          "/a and /area/dir/b are names of one file (hard links) and become two: /area/dir/b keeps the old content; declare both" },
        { "", { "a" }, "since the file system can't keep them together" },
        { "", { "a", "dir/b" }, NULL },
        { "", { "single" }, NULL },
        { "", { "c" }, "/area/c has another name outside of " },
};

static struct stat stat_of(const struct root *root, const char *name)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;

        ck_assert_int_ge(asprintf(&path, "/area/%s", name), 0);
        ck_assert_int_eq(lstat(tree_path(root, path), &st), 0);
        return st;
}

static void changes_replace(const struct root *root, const char *const *names, struct changes *ret)
{
        for (; *names; names++) {
                struct change change = { .kind = CHANGE_REPLACE,
                                         .path = strdup(*names),
                                         .before = stat_of(root, *names) };

                change.after = change.before;
                ck_assert_int_eq(changes_add(ret, &change), 0);
        }
}

/* Notices are about paths of the system, which begin with the tree's. */
static void expect_notice(const struct changes *changes, const struct root *root, const char *part)
{
        ck_assert_uint_eq(changes->notices.n, part != NULL);
        if (!part)
                return;
        for (char *text = changes->notices.list[0], *found; (found = strstr(text, root->path));)
                memmove(found, found + strlen(root->path), strlen(found + strlen(root->path)) + 1);
        ck_assert_msg(strstr(changes->notices.list[0], part), "%s", changes->notices.list[0]);
}

START_TEST(test_notices)
{
        const struct separated_case *c = &cases[_i];
        _cleanup_(root_done) struct root root = tree_new();
        char *declared[] = { (char *)(uintptr_t)c->declared, NULL };
        struct area area = { .declared = { .list = declared, .n = 1 } };
        struct undeclared undeclared = { .root = &root };
        struct changes_request request = { .area = &area, .upper = -EBADF, .undeclared = &undeclared };
        _cleanup_(changes_done) struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(
                shell("cd '%s' && mkdir -p area/dir && cd area && echo a >a && ln a dir/b && echo s >single && echo c >c && ln c ../outside",
                      root.path),
                0);
        area.path = strdup(tree_path(&root, "/area"));
        area.fd = request.lower = open(area.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(area.fd, 0);
        changes_replace(&root, c->changed, &changes);
        ck_assert_msg(changes_note_separated(&request, &changes, &error) == 0, "%s", error_text(&error));
        expect_notice(&changes, &root, c->notice);
        close(area.fd);
        free(area.path);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("changes-separated");
        TCase *tcase = trees_case(suite, "changes-separated", 20);

        tcase_add_loop_test(tcase, test_notices, 0, ELEMENTSOF(cases));
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
