/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is made of a systemd that isn't there, and of one that doesn't answer, in a /run that only the test sees. */

#include "../support/suite.h"
#include "units/gate.h"
#include "units/held.h"
#include "units/manager.h"
#include "units/retry-timer.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void hide_systemd(void)
{
        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("test", "/run", "tmpfs", 0, NULL), 0);
}

START_TEST(test_absent)
{
        struct held_request request = { .package = "foo", .units = &(struct strv){ 0 }, .wait_usec = 1, .stop_fd = -1 };
        _cleanup_strv_ struct strv units = { 0 }, failed = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_(gate_done) struct gate gate;

        hide_systemd();
        ck_assert_int_eq(manager_is_there(), 0);
        ck_assert_int_eq(gate_refresh(&error), 0);
        ck_assert_int_eq(gate_look("foo", &gate, &error), 0);
        ck_assert_uint_eq(gate.n_units, 0);
        ck_assert(!gate_is_running(&gate));
        ck_assert_int_eq(held_find("foo", &units), 0);
        ck_assert_int_eq(held_start(&request, &units, &failed), 0);
        ck_assert_uint_eq(units.n + failed.n, 0);
        ck_assert_int_eq(retry_timer_start("foo"), 0);
        retry_timer_stop("foo");
}
END_TEST

/* That a service doesn't run isn't known then. */
START_TEST(test_silent)
{
        struct held_request request = { .package = "foo", .units = &(struct strv){ 0 }, .wait_usec = 1, .stop_fd = -1 };
        _cleanup_strv_ struct strv units = { 0 }, failed = { 0 };
        _cleanup_error_ struct error error = { 0 }, stale = { 0 };
        struct gate gate;

        hide_systemd();
        ck_assert_int_eq(mkdir("/run/systemd", 0755), 0);
        ck_assert_int_eq(mkdir("/run/systemd/system", 0755), 0);
        ck_assert_int_eq(manager_is_there(), 1);
        ck_assert_int_eq(gate_look("foo", &gate, &error), -ENOENT);
        ck_assert_str_eq(error_text(&error),
                         "can't ask systemd which services need the migrations of foo: No such file or directory");
        ck_assert_int_eq(gate_refresh(&stale), -ENOENT);
        ck_assert_int_eq(held_find("foo", &units), -ENOENT);
        ck_assert_int_eq(held_start(&request, &units, &failed), -ENOENT);
        ck_assert_int_eq(retry_timer_start("foo"), -ENOENT);
        retry_timer_stop("foo");
}
END_TEST

START_TEST(test_no_directory)
{
        int fd;

        hide_systemd();
        ck_assert_int_eq(fd = open("/run/systemd", O_CREAT | O_WRONLY | O_CLOEXEC, 0644), fd);
        close(fd);
        ck_assert_int_eq(manager_is_there(), 0);
        ck_assert_int_eq(unlink("/run/systemd"), 0);
        ck_assert_int_eq(symlink("systemd", "/run/systemd"), 0);
        ck_assert_int_eq(manager_is_there(), -ELOOP);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("manager");
        TCase *tests = tcase_create("manager");

        suite_add_tcase(suite, tests);
        tcase_add_test(tests, test_absent);
        tcase_add_test(tests, test_silent);
        tcase_add_test(tests, test_no_directory);
        return suite_run_as_root(suite);
}
