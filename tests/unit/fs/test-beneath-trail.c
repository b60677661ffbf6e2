/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/beneath-trail.h"

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define NAME  "directory"
#define DEPTH 1500 /* more than can stay open */

/* Makes a tree of NAME in NAME ..., each with a file in it. Returns: its root, open. */
static int make_deep_tree(void)
{
        struct root root = tree_new();
        _cleanup_close_ int dir = openat(root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int top = openat(root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        for (size_t i = 0; i < DEPTH; i++) {
                int file = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), next;

                ck_assert_int_ge(file, 0);
                close(file);
                ck_assert_int_eq(mkdirat(dir, NAME, 0700), 0);
                next = openat(dir, NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                ck_assert_int_ge(next, 0);
                close(dir);
                dir = next;
        }
        root_done(&root);
        return top;
}

/* Its paths are too long for what removes the other trees. */
static void remove_deep_tree(const int *dir)
{
        ck_assert_int_eq(beneath_remove(*dir, NAME), 0);
        close(*dir);
}

/* Returns: the path of what is @depth directories down, to be freed. */
static char *make_path(size_t depth, const char *last)
{
        char *path = calloc(depth + 2, sizeof(NAME)), *end = path;

        for (size_t i = 0; i < depth; i++)
                end += sprintf(end, NAME "/");
        strcpy(end, last);
        return path;
}

static void assert_same(struct beneath_trail *trail, const char *path)
{
        _cleanup_close_ int expected = beneath_open(trail->dir, path, O_PATH, 0),
                            fd = beneath_trail_open(trail, path, O_PATH);
        struct stat a, b;

        ck_assert_int_eq(fd < 0 ? fd : 0, expected < 0 ? expected : 0);
        if (fd < 0)
                return;
        ck_assert_int_eq(fstat(expected, &a), 0);
        ck_assert_int_eq(fstat(fd, &b), 0);
        ck_assert_uint_eq(a.st_ino, b.st_ino);
}

static void assert_same_at(struct beneath_trail *trail, size_t depth)
{
        static const char *const names[] = { "file", NAME, "missing", "file/missing", "" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *path = make_path(depth, names[i]);

                assert_same(trail, path);
        }
}

/* Down, up, and at random. */
START_TEST(test_orders)
{
        _cleanup_(remove_deep_tree) int dir = make_deep_tree();
        _cleanup_trail_ struct beneath_trail trail = { .dir = dir };
        size_t n = suite_repeats(DEPTH);

        for (size_t i = 0; i < n; i++)
                assert_same_at(&trail, i);
        for (size_t i = DEPTH; i-- > DEPTH - n;)
                assert_same_at(&trail, i);
        srand(1);
        for (size_t i = 0; i < n; i++)
                assert_same_at(&trail, (size_t)rand() % DEPTH);
}
END_TEST

/* Neither the open files nor the lookups grow with the depth. */
START_TEST(test_costs)
{
        _cleanup_(remove_deep_tree) int dir = make_deep_tree();
        _cleanup_trail_ struct beneath_trail trail = { .dir = dir };
        _cleanup_free_ char *deep = make_path(DEPTH - 1, "file");
        int fd = beneath_trail_open(&trail, deep, O_PATH);

        ck_assert_int_ge(fd, 0);
        close(fd);
        for (size_t i = 0; i < DEPTH; i++) {
                _cleanup_free_ char *path = make_path(i, "file");

                fd = beneath_trail_open(&trail, path, O_PATH);
                ck_assert_int_ge(fd, 0);
                close(fd);
        }
        ck_assert_int_lt(fd, 100);
}
END_TEST

/* No link is followed, wherever the trail has come to. */
START_TEST(test_links)
{
        struct root root = tree_new();
        _cleanup_trail_ struct beneath_trail trail = { .dir = root.fd };
        char *made = shell_output(
                "cd %s; d=$(printf %%01100d 0 | fold -w 100 | paste -sd /); mkdir -p $d/a; echo text >$d/a/f; "
                "ln -s a $d/l; ln -s ../../.. $d/up; printf %%s $d",
                root.path);
        static const char *const names[] = { "a", "a/f", "l", "l/f", "up", "up/x" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *path = NULL;

                ck_assert_int_gt(asprintf(&path, "%s/%s", made, names[i]), 0);
                assert_same(&trail, path);
                assert_same(&trail, path);
        }
        free(made);
        root_done(&root);
}
END_TEST

START_TEST(test_entries)
{
        _cleanup_(remove_deep_tree) int dir = make_deep_tree();
        _cleanup_trail_ struct beneath_trail trail = { .dir = dir };

        for (size_t i = 0; i < DEPTH; i++) {
                _cleanup_free_ char *path = make_path(i, NAME);
                DIR *entries = NULL;

                ck_assert_int_eq(beneath_trail_open_entries(&trail, path, &entries), 0);
                closedir(entries);
        }
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("beneath-trail");
        TCase *tcase = trees_case(s, "beneath-trail", 60);

        tcase_add_test(tcase, test_orders);
        tcase_add_test(tcase, test_costs);
        tcase_add_test(tcase, test_links);
        tcase_add_test(tcase, test_entries);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
