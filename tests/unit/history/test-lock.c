/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/program.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"
#include "history/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#define TIMEOUT_SEC 120
#define LOCK_FILE   LOCK_DIR "/foo.lock"

static int acquire(const struct root *root, const char *package, uint64_t timeout_usec, struct error *error)
{
        const struct lock_request request = { .package = package, .timeout_usec = timeout_usec, .stop_fd = -1 };

        return lock_acquire(root, &request, error);
}

/* Starts a process that holds the lock until it is killed, or for @msec if that isn't 0. */
static pid_t hold(const struct root *root, unsigned msec)
{
        int fds[2];
        pid_t pid;
        char byte;

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                if (acquire(root, "foo", 0, NULL) < 0 || write(fds[1], "", 1) != 1)
                        _exit(EXIT_FAILURE);
                while (msec == 0)
                        pause();
                (void)usleep(msec * 1000);
                _exit(EXIT_SUCCESS);
        }
        close(fds[1]);
        ck_assert_int_eq(read(fds[0], &byte, 1), 1);
        close(fds[0]);
        return pid;
}

static void reap(pid_t pid)
{
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(test_acquire)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *text = NULL;
        char pid[32];
        int fd, again;

        fd = acquire(&root, "foo", 0, NULL);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        text = shell_output("cat %s", tree_path(&root, LOCK_FILE));
        snprintf(pid, sizeof(pid), "%d\n", getpid());
        ck_assert_str_eq(text, pid);
        close(fd);

        again = acquire(&root, "foo", 0, NULL);
        ck_assert_int_ge(again, 0);
        close(again);
}
END_TEST

/* Even in one process: its two contexts exclude each other. */
START_TEST(test_held)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = acquire(&root, "foo", 0, NULL), other = -EBADF;
        _cleanup_error_ struct error error = { 0 };
        char holder[64];

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(acquire(&root, "foo", 0, &error), -EBUSY);
        snprintf(holder, sizeof(holder), "foo is locked by process %d;", getpid());
        ck_assert_ptr_nonnull(strstr(error_text(&error), holder));
        other = acquire(&root, "bar", 0, NULL);
        ck_assert_int_ge(other, 0);
}
END_TEST

START_TEST(test_wait_times_out)
{
        _cleanup_(root_done) struct root root = tree_new();
        pid_t pid = hold(&root, 0);
        uint64_t begin = now_usec(CLOCK_MONOTONIC), took;
        _cleanup_error_ struct error error = { 0 };
        char holder[32];

        ck_assert_int_eq(acquire(&root, "foo", 500 * USEC_PER_MSEC, &error), -EBUSY);
        took = now_usec(CLOCK_MONOTONIC) - begin;
        ck_assert_uint_ge(took, 500 * USEC_PER_MSEC);
        ck_assert_uint_lt(took, 10 * USEC_PER_SEC);
        snprintf(holder, sizeof(holder), "process %d;", pid);
        ck_assert_ptr_nonnull(strstr(error_text(&error), holder));

        /* The lock ends with its process, however that ends. */
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        reap(pid);
        ck_assert_int_ge(acquire(&root, "foo", 0, &error), 0);
}
END_TEST

static const uint64_t long_enough[] = { 60 * USEC_PER_SEC, UINT64_MAX / 2, UINT64_MAX };

START_TEST(test_wait)
{
        _cleanup_(root_done) struct root root = tree_new();
        pid_t pid = hold(&root, 300);
        _cleanup_error_ struct error error = { 0 };
        int fd = acquire(&root, "foo", long_enough[_i], &error);

        ck_assert_msg(fd >= 0, "%s", error_text(&error));
        close(fd);
        reap(pid);
}
END_TEST

/* One process after the other has it, never two at a time. */
START_TEST(test_many_waiters)
{
        _cleanup_(root_done) struct root root = tree_new();
        int status;

        for (int i = 0; i < 8; i++) {
                pid_t pid = fork();

                ck_assert_int_ge(pid, 0);
                if (pid == 0) {
                        if (acquire(&root, "foo", 60 * USEC_PER_SEC, NULL) < 0 ||
                            mkdir(tree_path(&root, "/critical"), 0700) < 0)
                                _exit(EXIT_FAILURE);
                        (void)usleep(20000);
                        _exit(rmdir(tree_path(&root, "/critical")) < 0);
                }
        }
        for (int i = 0; i < 8; i++) {
                ck_assert_int_gt(wait(&status), 0);
                ck_assert_int_eq(status, 0);
        }
}
END_TEST

START_TEST(test_stop)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int stop = eventfd(1, EFD_CLOEXEC), fd = -EBADF;
        const struct lock_request request = { .package = "foo", .timeout_usec = UINT64_MAX / 2, .stop_fd = stop };
        _cleanup_error_ struct error error = { 0 };
        uint64_t begin = now_usec(CLOCK_MONOTONIC);

        fd = acquire(&root, "foo", 0, NULL);
        ck_assert_int_eq(lock_acquire(&root, &request, &error), -ECANCELED);
        ck_assert_ptr_nonnull(strstr(error_text(&error), "foo"));
        ck_assert_uint_lt(now_usec(CLOCK_MONOTONIC) - begin, 10 * USEC_PER_SEC);
}
END_TEST

static void stop_after_a_while(int fd)
{
        (void)usleep(300000);
        _exit(eventfd_write(fd, 1) < 0);
}

START_TEST(test_stop_while_waiting)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int stop = eventfd(0, EFD_CLOEXEC), fd = -EBADF;
        const struct lock_request request = { .package = "foo", .timeout_usec = 60 * USEC_PER_SEC, .stop_fd = stop };
        pid_t pid;

        fd = acquire(&root, "foo", 0, NULL);
        pid = fork();
        if (pid == 0)
                stop_after_a_while(stop);
        ck_assert_int_eq(lock_acquire(&root, &request, NULL), -ECANCELED);
        reap(pid);
}
END_TEST

/* Programs that the holder starts don't hold it. */
START_TEST(test_not_inherited)
{
        _cleanup_(root_done) struct root root = tree_new();
        int fd = acquire(&root, "foo", 0, NULL), again;
        _cleanup_(run_done) struct run run;

        program_run(&(struct program){ .script = "ls -l /proc/self/fd" }, &run);
        ck_assert_ptr_null(strstr(run.output, "foo.lock"));
        close(fd);
        again = acquire(&root, "foo", 0, NULL);
        ck_assert_int_ge(again, 0);
        close(again);
}
END_TEST

/* The holder may have had no space to write its number. */
START_TEST(test_unknown_holder)
{
        static const char *const texts[] = { "", "\n" };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = acquire(&root, "foo", 0, NULL);

        ck_assert_int_ge(fd, 0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_error_ struct error error = { 0 };

                tree_add(&root, &(struct tree_entry){ LOCK_FILE, 0644, texts[i] });
                ck_assert_int_eq(acquire(&root, "foo", 0, &error), -EBUSY);
                ck_assert_ptr_nonnull(strstr(error_text(&error), "unknown"));
        }
}
END_TEST

static const struct {
        struct tree_entry entry;
        int code;
} obstacles[] = {
        { { LOCK_FILE, S_IFDIR | 0755, NULL }, -EISDIR },
        { { LOCK_FILE, S_IFLNK, "/etc/passwd" }, -ELOOP },
        { { LOCK_DIR, 0644, "" }, -ENOTDIR },
        { { LOCK_DIR, S_IFLNK, "/tmp" }, -EXDEV },
        { { "/run", S_IFLNK, "nowhere" }, -ENOENT },
};

START_TEST(test_cannot_lock)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &obstacles[_i].entry);
        ck_assert_int_eq(acquire(&root, "foo", 0, &error), obstacles[_i].code);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, LOCK_DIR)));
}
END_TEST

/* The file that a dead holder left isn't a lock. */
START_TEST(test_stale_file)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        char pid[32];

        tree_add(&root, &(struct tree_entry){ LOCK_FILE, 0644, "4194304000000\nmore than that\n" });
        fd = acquire(&root, "foo", 0, NULL);
        ck_assert_int_ge(fd, 0);
        text = shell_output("cat %s", tree_path(&root, LOCK_FILE));
        snprintf(pid, sizeof(pid), "%d\n", getpid());
        ck_assert_str_eq(text, pid);
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("lock");
        Suite *s = suite_create("lock");

        tcase_set_timeout(tc, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_test(tc, test_acquire);
        tcase_add_test(tc, test_held);
        tcase_add_test(tc, test_wait_times_out);
        tcase_add_loop_test(tc, test_wait, 0, ELEMENTSOF(long_enough));
        tcase_add_test(tc, test_many_waiters);
        tcase_add_test(tc, test_stop);
        tcase_add_test(tc, test_stop_while_waiting);
        tcase_add_test(tc, test_not_inherited);
        tcase_add_test(tc, test_unknown_holder);
        tcase_add_loop_test(tc, test_cannot_lock, 0, ELEMENTSOF(obstacles));
        tcase_add_test(tc, test_stale_file);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
