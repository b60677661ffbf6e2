/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The processes that a program starts: time limit, early end, and that none of them survives. */

#include "../support/program.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#define TIMEOUT_SEC 120

/* Each case of a table is run twice. */
#define CASE      ((size_t)_i / 2)
#define SANDBOXED ((_i & 1) != 0)

static void expect_end(const struct run *run, enum process_end end)
{
        ck_assert_msg(run->r == 0, "%s", error_text(&run->error));
        ck_assert_int_eq(run->result.end, end);
        ck_assert_uint_eq(program_count(), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* Parent and child both get SIGTERM and time to end. The signal ends the first wait, the child the second one. */
#define OBEDIENT                                                                                                  \
        "trap : TERM\n"                                                                                           \
        "sh -c 'exec 2>/dev/null; trap \"echo child; exit 0\" TERM; echo ready; while :; do sleep 0.1; done' &\n" \
        "wait; wait; echo parent"

START_TEST(test_timeout_obeyed)
{
        const struct program program = { .script = OBEDIENT, .sandboxed = SANDBOXED, .timeout_usec = 3 * USEC_PER_SEC };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        expect_end(&run, PROCESS_TIMED_OUT);
        ck_assert_str_eq(run.output, "ready\nchild\nparent\n");
        ck_assert_uint_ge(run.result.duration_usec, program.timeout_usec);
        ck_assert_uint_lt(run.result.duration_usec, program.timeout_usec + PROCESS_GRACE_SEC * USEC_PER_SEC);
}
END_TEST

/* A descendant without a parent that ignores SIGTERM. It runs once, since it takes the whole grace period. */
START_TEST(test_timeout_ignored)
{
        const struct program program = {
                .script = "trap '' TERM; setsid sh -c 'while :; do sleep 1; done' & while :; do sleep 1; done",
                .timeout_usec = USEC_PER_SEC,
        };
        const uint64_t whole = program.timeout_usec + PROCESS_GRACE_SEC * USEC_PER_SEC;
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        expect_end(&run, PROCESS_TIMED_OUT);
        ck_assert_uint_ge(run.result.duration_usec, whole);
        ck_assert_uint_lt(run.result.duration_usec, whole + 10 * USEC_PER_SEC);
}
END_TEST

static void stop_when_ready(const char *line, void *userdata)
{
        if (streq(line, "ready"))
                ck_assert_int_eq(eventfd_write(*(int *)userdata, 1), 0);
}

START_TEST(test_stop)
{
        int fd = eventfd(0, EFD_CLOEXEC);
        const struct program program = {
                .script = OBEDIENT,
                .sandboxed = SANDBOXED,
                .stop_fd = fd,
                .on_line = stop_when_ready,
                .userdata = &fd,
        };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        expect_end(&run, PROCESS_STOPPED);
        ck_assert_str_eq(run.output, "ready\nchild\nparent\n");
        ck_assert_uint_lt(run.result.duration_usec, PROCESS_GRACE_SEC * USEC_PER_SEC);
        close(fd);
}
END_TEST

START_TEST(test_stop_before_start)
{
        int fd = eventfd(1, EFD_CLOEXEC);
        _cleanup_(run_done) struct run run;

        program_run(&(struct program){ .script = "exec sleep 100", .sandboxed = SANDBOXED, .stop_fd = fd }, &run);
        expect_end(&run, PROCESS_STOPPED);
        ck_assert_uint_lt(run.result.duration_usec, PROCESS_GRACE_SEC * USEC_PER_SEC);
        close(fd);
}
END_TEST

struct ticks {
        unsigned n;
        uint64_t last;
};

static void count_tick(uint64_t elapsed_usec, void *userdata)
{
        struct ticks *ticks = userdata;

        ck_assert_uint_ge(elapsed_usec, ticks->last + USEC_PER_SEC / 2);
        ticks->last = elapsed_usec;
        ticks->n++;
}

START_TEST(test_ticks)
{
        struct ticks ticks = { 0 };
        _cleanup_(run_done) struct run run;

        program_run(&(struct program){ .script = "sleep 2.5", .on_tick = count_tick, .userdata = &ticks }, &run);
        expect_end(&run, PROCESS_EXITED);
        ck_assert_uint_ge(ticks.n, 2);
        ck_assert_uint_le(ticks.n, run.result.duration_usec / USEC_PER_SEC);
}
END_TEST

/* ---- Descendants ----------------------------------------------------------------------------- */

/* The daemon reports that it is ready; the program ends after we have seen that. */
static const char *const daemons[] = {
        "sh -c 'echo ready; exec sleep 100' &",
        "setsid sh -c 'echo ready; exec sleep 100' &",
        "setsid sh -c '(sh -c \"echo ready; exec sleep 100\" &)'",
        "setsid sh -c '(sh -c \"echo ready; exec sleep 100 >/dev/null 2>&1\" &)'",
        "setsid sh -c '(trap \"\" TERM HUP INT; sh -c \"echo ready; sleep 100; sleep 100\" &)'",
        "setsid sh -c '(sh -c \"echo ready; kill -STOP \\$\\$; sleep 100\" &)'",
        "nohup setsid sh -c '(cd /usr; exec setsid sh -c \"echo ready; exec sleep 100\") &'",
        "for i in 1 2 3 4 5 6 7 8 9; do (setsid setsid sleep 100 &); done; echo ready",
};

static void release_daemon(const char *line, void *userdata)
{
        if (!streq(line, "ready"))
                return;
        ck_assert_uint_ge(program_count(), 2);
        tree_add(userdata, &(struct tree_entry){ "/seen", 0644, NULL });
}

START_TEST(test_daemons_end)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *script = NULL;
        struct program program = { .sandboxed = SANDBOXED, .on_line = release_daemon, .userdata = &root };
        _cleanup_(run_done) struct run run;

        ck_assert_int_gt(asprintf(&script, "%s\nuntil [ -e %s ]; do sleep 0.1; done; exit 7", daemons[CASE],
                                  tree_path(&root, "/seen")),
                         0);
        program.script = script;
        program_run(&program, &run);
        expect_end(&run, PROCESS_EXITED);
        ck_assert_int_eq(run.result.status, 7);
        ck_assert_str_eq(run.output, "ready\n");
        ck_assert_uint_lt(run.result.duration_usec, 50 * USEC_PER_SEC);
}
END_TEST

/* Each generation starts the next one and ends, so that a list of them is outdated at once. */
START_TEST(test_moving_target_ends)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *script = NULL;
        struct program program = { .sandboxed = SANDBOXED };
        _cleanup_(run_done) struct run run;

        tree_add(&root, &(struct tree_entry){ "/again", 0755, "#!/bin/sh\nsetsid \"$0\" &\n" });
        ck_assert_int_gt(asprintf(&script, "%s; sleep 0.5; exit 0", tree_path(&root, "/again")), 0);
        program.script = script;
        program_run(&program, &run);
        expect_end(&run, PROCESS_EXITED);
}
END_TEST

static void write_line(const char *line, void *userdata)
{
        (void)line;
        ck_assert_int_eq(write(*(int *)userdata, "", 1), 1);
}

static bool wait_until_none(void)
{
        uint64_t end = now_usec(CLOCK_MONOTONIC) + 20 * USEC_PER_SEC;

        while (program_count() > 0) {
                if (now_usec(CLOCK_MONOTONIC) > end)
                        return false;
                (void)usleep(10000);
        }
        return true;
}

/* The supervising process is killed itself. */
START_TEST(test_runner_killed)
{
        static const char script[] =
                "setsid sh -c '(trap \"\" TERM HUP; sh -c \"echo ready; sleep 100; sleep 100\" &)'\n"
                "sleep 100; sleep 100";
        struct program program = { .script = script, .sandboxed = SANDBOXED, .on_line = write_line };
        int fds[2], status;
        pid_t runner;
        char byte;

        (void)program_mark(); /* for both processes */
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        runner = fork();
        ck_assert_int_ge(runner, 0);
        if (runner == 0) {
                struct run run;

                program.userdata = &fds[1];
                program_run(&program, &run);
                _exit(EXIT_FAILURE);
        }
        ck_assert_int_eq(read(fds[0], &byte, 1), 1);
        ck_assert_uint_ge(program_count(), 2);

        ck_assert_int_eq(kill(runner, SIGKILL), 0);
        ck_assert_int_eq(waitpid(runner, &status, 0), runner);
        ck_assert_int_eq(WTERMSIG(status), SIGKILL);
        ck_assert(wait_until_none());
        close(fds[0]);
        close(fds[1]);
}
END_TEST

/* In a sandbox the keeper is the init of its namespace, which no process in it can kill. */
START_TEST(test_keeper_cannot_be_killed)
{
        const struct program program = {
                .script = "for s in TERM HUP INT QUIT STOP KILL; do kill -$s $PPID; kill -$s 1; done; kill -KILL -1; "
                          "exit 7",
                .sandboxed = true,
                .timeout_usec = 30 * USEC_PER_SEC,
        };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        expect_end(&run, PROCESS_EXITED);
        ck_assert_int_eq(run.result.status, 7);
}
END_TEST

/* Without a sandbox it can be killed; then the program must not go on unsupervised. */
START_TEST(test_keeper_killed)
{
        const struct program program = {
                .script = "kill -KILL $PPID; exec sleep 20",
                .timeout_usec = 5 * USEC_PER_SEC,
        };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        ck_assert_int_eq(run.r, 0);
        ck_assert_int_eq(run.result.end, PROCESS_SIGNALED);
        ck_assert_int_eq(run.result.status, SIGKILL);
        /* The kernel ends it; no process is left to wait for it. */
        for (int i = 0; i < 200 && program_count() > 0; i++)
                (void)usleep(10000);
        ck_assert_uint_eq(program_count(), 0);
}
END_TEST

static Suite *suite(void)
{
        TCase *limits = tcase_create("limits"), *descendants = tcase_create("descendants");
        Suite *s = suite_create("process-tree");

        tcase_set_timeout(limits, TIMEOUT_SEC);
        tcase_add_loop_test(limits, test_timeout_obeyed, 0, 2);
        tcase_add_test(limits, test_timeout_ignored);
        tcase_add_loop_test(limits, test_stop, 0, 2);
        tcase_add_loop_test(limits, test_stop_before_start, 0, 2);
        tcase_add_test(limits, test_ticks);
        suite_add_tcase(s, limits);

        tcase_set_timeout(descendants, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(descendants, trees_setup, trees_teardown);
        tcase_add_loop_test(descendants, test_daemons_end, 0, 2 * ELEMENTSOF(daemons));
        tcase_add_loop_test(descendants, test_moving_target_ends, 0, 2);
        tcase_add_loop_test(descendants, test_runner_killed, 0, 2);
        tcase_add_test(descendants, test_keeper_cannot_be_killed);
        tcase_add_test(descendants, test_keeper_killed);
        suite_add_tcase(s, descendants);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
