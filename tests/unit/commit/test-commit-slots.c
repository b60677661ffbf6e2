/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where slots are. That they are filled and emptied is in tests/transaction. */

#include "../support/filesystem.h"
#include "../support/suite.h"
#include "commit/commit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

START_TEST(test_memory)
{
        struct root memory = filesystem_new(FILESYSTEM_TMPFS);
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_eq(commit_is_in_memory(memory.fd), 1);
        ck_assert_int_eq(commit_is_in_memory(proc), 0);
        close(memory.fd);
        ck_assert_int_eq(commit_is_in_memory(memory.fd), -EBADF);
        memory.fd = -EBADF;
        root_done(&memory);
}
END_TEST

START_TEST(test_reachable)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const struct commit_place place = { .root = &root, .package = "p", .path = "p", .dir = root.fd };

        ck_assert_int_eq(commit_is_reachable(&place, root.fd), 1);
        ck_assert_int_eq(commit_is_reachable(&place, proc), 0);
        ck_assert_int_eq(commit_is_reachable(&(const struct commit_place){ .dir = 1000 }, proc), -EBADF);
}
END_TEST

START_TEST(test_holds)
{
        char *a, *b;

        ck_assert_int_eq(commit_name_hold("sample", &a), 0);
        ck_assert_int_eq(commit_name_hold("sample", &b), 0);
        ck_assert_int_eq(strncmp(a, ".deploy-migrate.sample.", 23), 0);
        ck_assert_str_ne(a, b);
        free(a);
        free(b);
}
END_TEST

/* After a power cut the log of a hold that is removed can be back, when another hold already has its inode number. */
START_TEST(test_number_used_again)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct commit_place place = { .root = &root, .package = "p", .path = "p", .dir = root.fd };
        struct redo_area gone = { .path = (char *)"", .hold = (char *)".deploy-migrate.p.1" };
        struct redo_area new = { .path = (char *)"", .hold = (char *)".deploy-migrate.p.2" };
        const struct redo old_log = { .areas = &gone, .n_areas = 1 };
        struct redo new_log = { .areas = &new, .n_areas = 1 };

        close(commit_make_slots(&place, &new_log, 0));
        gone.slots = new.slots;
        ck_assert_int_eq(commit_release(&place, &old_log, NULL), 0);
        ck_assert_int_eq(faccessat(root.fd, ".deploy-migrate.p.2/deploy-migrate.slots", F_OK, 0), 0);
        ck_assert_int_eq(renameat(root.fd, ".deploy-migrate.p.2", root.fd, "renamed"), 0);
        ck_assert_int_eq(commit_release(&place, &new_log, NULL), 0);
        ck_assert_int_eq(faccessat(root.fd, "renamed", F_OK, 0), -1);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("commit-slots");
        TCase *tcase = trees_case(suite, "commit-slots", 20);

        tcase_add_test(tcase, test_memory);
        tcase_add_test(tcase, test_reachable);
        tcase_add_test(tcase, test_holds);
        tcase_add_test(tcase, test_number_used_again);
        return suite;
}

int main(void)
{
        return suite_run_as_root(make_suite());
}
