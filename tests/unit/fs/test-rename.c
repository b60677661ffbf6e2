/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renames between a slot and a path. That they can be cut off anywhere is tests/transaction/exchange.sh. */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "fs/rename.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What is in the slot and at the path, NULL for nothing, before and after. */
struct rename_case {
        int (*rename)(const struct rename_end *slot, const struct rename_end *path);
        const char *slot, *path;
        int r;
        const char *slot_after, *path_after;
};

static const struct rename_case cases[] = {
        { rename_install, "new", NULL, 0, NULL, "new" },
        { rename_install, "new", "made meanwhile", 0, "made meanwhile", "new" },
        { rename_install, NULL, NULL, -ENOENT, NULL, NULL },
        { rename_detach, NULL, "old", 0, "old", NULL },
        { rename_detach, "left over", "old", 0, "old", "left over" },
        { rename_detach, NULL, NULL, -ENOENT, NULL, NULL },
        { rename_exchange, "new", "old", 0, "old", "new" },
        { rename_exchange, "new", NULL, 0, NULL, "new" },
        { rename_exchange, NULL, NULL, -ENOENT, NULL, NULL },
};

static int slot_dir, path_dir;

/* A tree with the directories of both. */
static struct root rename_tree(void)
{
        struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ "/slots", S_IFDIR | 0700, NULL });
        tree_add(&root, &(struct tree_entry){ "/area", S_IFDIR | 0755, NULL });
        slot_dir = root_open(&root, "/slots", O_RDONLY | O_DIRECTORY);
        path_dir = root_open(&root, "/area", O_RDONLY | O_DIRECTORY);
        ck_assert_int_ge(slot_dir, 0);
        ck_assert_int_ge(path_dir, 0);
        return root;
}

static void rename_tree_done(struct root *root)
{
        close(slot_dir);
        close(path_dir);
        root_done(root);
}

static void add(const struct root *root, const char *path, const char *text)
{
        if (text)
                tree_add(root, &(struct tree_entry){ path, 0644, text });
}

static void expect(const struct root *root, const char *path, const char *text)
{
        _cleanup_free_ char *got = shell_output("cat '%s' 2>/dev/null || echo -n nothing", tree_path(root, path));

        ck_assert_str_eq(got, text ?: "nothing");
}

START_TEST(test_cases)
{
        const struct rename_case *c = &cases[_i];
        struct root root = rename_tree();
        const struct rename_end ends[] = { { slot_dir, "0" }, { path_dir, "file" } };

        add(&root, "/slots/0", c->slot);
        add(&root, "/area/file", c->path);
        ck_assert_int_eq(c->rename(&ends[0], &ends[1]), c->r);
        expect(&root, "/slots/0", c->slot_after);
        expect(&root, "/area/file", c->path_after);
        rename_tree_done(&root);
}
END_TEST

/* An exchange in three steps was cut off when the new file was in place: the old one has its own name beside the slot. */
START_TEST(test_finish)
{
        struct root root = rename_tree();
        const struct rename_end slot = { slot_dir, "0" };

        ck_assert_int_eq(rename_finish_exchange(&slot), 0);
        add(&root, "/slots/0.aside", "old");
        ck_assert_int_eq(rename_finish_exchange(&slot), 0);
        expect(&root, "/slots/0", "old");
        expect(&root, "/slots/0.aside", NULL);
        rename_tree_done(&root);
}
END_TEST

START_TEST(test_is)
{
        struct root root = rename_tree();
        const struct rename_end slot = { slot_dir, "0" }, closed = { -EBADF, "0" };
        struct stat st;

        ck_assert_int_eq(rename_end_is(&slot, 1), 0);
        add(&root, "/slots/0", "text");
        ck_assert_int_eq(fstatat(slot_dir, "0", &st, 0), 0);
        ck_assert_int_eq(rename_end_is(&slot, st.st_ino), 1);
        ck_assert_int_eq(rename_end_is(&slot, st.st_ino + 1), 0);
        ck_assert_int_eq(rename_end_is(&closed, 1), -EBADF);
        rename_tree_done(&root);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("rename");
        TCase *tcase = trees_case(suite, "rename", 20);

        tcase_add_loop_test(tcase, test_cases, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_finish);
        tcase_add_test(tcase, test_is);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
