/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a program is started and how its end is reported, mostly both with and without a sandbox. */

#include "../support/program.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define TIMEOUT_SEC 120

/* Each case of a table is run twice. */
#define CASE      ((size_t)_i / 2)
#define SANDBOXED ((_i & 1) != 0)

static void run_script(const char *script, bool sandboxed, struct run *ret)
{
        program_run(&(struct program){ .script = script, .sandboxed = sandboxed }, ret);
}

static void expect_output(const struct run *run, const char *output)
{
        ck_assert_msg(run->r == 0, "%s", error_text(&run->error));
        ck_assert_str_eq(run->output, output);
        ck_assert_int_eq(run->result.end, PROCESS_EXITED);
        ck_assert_int_eq(run->result.status, 0);
}

/* ---- The beginning --------------------------------------------------------------------------- */

static int wait_meanwhile(void *userdata, struct error *error)
{
        uint64_t *ret_end = userdata;

        (void)error;
        (void)poll(NULL, 0, 200);
        *ret_end = now_usec(CLOCK_REALTIME);
        return 0;
}

static int fail_meanwhile(void *userdata, struct error *error)
{
        (void)userdata;
        return error_setf(error, -EIO, "no luck");
}

START_TEST(test_begins_after_meanwhile)
{
        _cleanup_(run_done) struct run run;
        uint64_t end = 0;

        program_run(&(struct program){ .script = "date +%s%6N",
                                       .sandboxed = SANDBOXED,
                                       .meanwhile = wait_meanwhile,
                                       .userdata = &end },
                    &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_uint_ge(strtoull(run.output, NULL, 10), end);
        ck_assert_uint_gt(end, 0);
}
END_TEST

START_TEST(test_doesnt_begin_if_meanwhile_fails)
{
        _cleanup_(run_done) struct run run;

        program_run(&(struct program){ .script = "echo begun", .sandboxed = SANDBOXED, .meanwhile = fail_meanwhile },
                    &run);
        ck_assert_int_eq(run.r, -EIO);
        ck_assert_str_eq(error_text(&run.error), "no luck");
        ck_assert_str_eq(run.output, "");
        ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
        ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static int go_on_meanwhile(void *userdata, struct error *error)
{
        (void)userdata;
        (void)error;
        return 0;
}

/* The keeper has been told to begin by then, and doesn't read that any more. */
START_TEST(test_reason_arrives_if_sandbox_fails)
{
        _cleanup_(run_done) struct run run;
        struct sandbox_step steps[300];
        int fds[1] = { -EBADF };
        const struct sandbox sandbox = { .steps = steps, .n_steps = ELEMENTSOF(steps), .fds = fds, .n_fds = 1 };

        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                steps[i] = (struct sandbox_step){ .type = STEP_SLAVE, .path = "/" };
        steps[ELEMENTSOF(steps) - 1] = (struct sandbox_step){ .type = STEP_OPEN, .path = "/missing" };
        program_run(&(struct program){ .script = "echo begun", .sandbox = &sandbox, .meanwhile = go_on_meanwhile },
                    &run);
        ck_assert_int_eq(run.r, -ENOENT);
        ck_assert_msg(strstr(error_text(&run.error), "the sandbox could not open /missing"), "%s",
                      error_text(&run.error));
}
END_TEST

/* ---- The end --------------------------------------------------------------------------------- */

static const struct {
        const char *script;
        enum process_end end;
        int status;
} ends[] = {
        { "exit 0", PROCESS_EXITED, 0 },
        { "exit 1", PROCESS_EXITED, 1 },
        { "exit 75", PROCESS_EXITED, 75 },
        { "exit 255", PROCESS_EXITED, 255 },
        { "kill -TERM $$", PROCESS_SIGNALED, SIGTERM },
        { "kill -KILL $$", PROCESS_SIGNALED, SIGKILL },
        { "ulimit -c 0; kill -SEGV $$", PROCESS_SIGNALED, SIGSEGV },
        { "kill -HUP $$", PROCESS_SIGNALED, SIGHUP },
        { "kill -PIPE $$", PROCESS_SIGNALED, SIGPIPE },
        /* The end of the program's child doesn't count. */
        { "exec 2>/dev/null; sh -c 'kill -KILL $$'; exit 3", PROCESS_EXITED, 3 },
        { "(sleep 0.3; kill -TERM $$) & wait; sleep 10", PROCESS_SIGNALED, SIGTERM },
        { "exec >/dev/null 2>&1 </dev/null; sleep 0.3; exit 4", PROCESS_EXITED, 4 },
        { "(sleep 0.3; kill -CONT $$) & kill -STOP $$; exit 5", PROCESS_EXITED, 5 },
};

START_TEST(test_end)
{
        _cleanup_(run_done) struct run run;

        run_script(ends[CASE].script, SANDBOXED, &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_int_eq(run.result.end, ends[CASE].end);
        ck_assert_int_eq(run.result.status, ends[CASE].status);
        ck_assert_str_eq(run.output, "");
        ck_assert_uint_gt(run.result.duration_usec, 0);
}
END_TEST

static const struct {
        const char *text;
        mode_t mode;
        int code;
} failures[] = {
        { "#!/nowhere/interpreter\n", 0755, -ENOENT },
        { "echo there is no first line\n", 0755, -ENOEXEC },
        { "", 0755, -ENOEXEC },
        { "\x7f"
          "ELF",
          0755, -ENOEXEC },
        { "#!/bin/sh\n", 0644, -EACCES },
        { "", S_IFDIR | 0755, -EACCES },
        { "nothing", S_IFLNK, -ENOENT },
        { "program", S_IFLNK, -ELOOP },
};

/* A file without an interpreter can't be executed. */
static bool is_beyond_valgrind(size_t failure)
{
        const char *preloaded = getenv("LD_PRELOAD");

        return preloaded && strstr(preloaded, "vgpreload") && str_startswith(failures[failure].text, "#!/nowhere");
}

START_TEST(test_cannot_start)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(run_done) struct run run = { 0 };
        char path[256];
        const char *const argv[] = { path, "check", NULL };

        if (is_beyond_valgrind(CASE))
                return;
        tree_add(&root, &(struct tree_entry){ "/program", failures[CASE].mode, failures[CASE].text });
        snprintf(path, sizeof(path), "%s", tree_path(&root, "/program"));
        program_run(&(struct program){ .argv = argv, .sandboxed = SANDBOXED }, &run);

        ck_assert_int_eq(run.r, failures[CASE].code);
        ck_assert_ptr_nonnull(strstr(error_text(&run.error), path));
        ck_assert_ptr_nonnull(strstr(error_text(&run.error), strerror(-failures[CASE].code)));
        ck_assert_str_eq(run.output, "");
}
END_TEST

/* ---- What it finds --------------------------------------------------------------------------- */

START_TEST(test_circumstances)
{
        _cleanup_(run_done) struct run run;

        umask(077);
        ck_assert_int_eq(chdir("/tmp"), 0);
        run_script("readlink /proc/self/fd/0; sed -n 's/^flags:[^0-9]*0*//p' /proc/self/fdinfo/0; umask; pwd\n"
                   "read -r pid name state parent group session rest </proc/self/stat\n"
                   "[ $pid = $session ] && [ $pid = $group ] && echo leads its session\n"
                   "cat; echo error >&2",
                   SANDBOXED, &run);
        expect_output(&run, "/dev/null\n100000\n0022\n/\nleads its session\nerror\n");
}
END_TEST

START_TEST(test_environment)
{
        const char *const argv[] = { "/usr/bin/env", NULL };
        const char *const envp[] = { "B=two words", "A=1", "EMPTY=", NULL };
        _cleanup_(run_done) struct run run;

        ck_assert_int_eq(setenv("LEAKED", "1", 1), 0);
        program_run(&(struct program){ .argv = argv, .envp = envp, .sandboxed = SANDBOXED }, &run);
        expect_output(&run, "B=two words\nA=1\nEMPTY=\n");
}
END_TEST

START_TEST(test_signals_are_default)
{
        const char *const argv[] = { "/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL };
        /* Signals 32 and 33, which the C library reserves: they stay as the test inherited them. */
        const unsigned long long of_the_c_library = 3ULL << 31;
        unsigned long long blocking, ignoring;
        _cleanup_(run_done) struct run run;
        sigset_t blocked;

        for (int number = 1; number <= SIGRTMAX; number++)
                if (number != SIGCHLD)
                        (void)signal(number, SIG_IGN);
        sigfillset(&blocked);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);

        program_run(&(struct program){ .argv = argv, .sandboxed = SANDBOXED }, &run);
        ck_assert_int_eq(sscanf(run.output, "SigBlk: %llx SigIgn: %llx", &blocking, &ignoring), 2);
        ck_assert_uint_eq(blocking, 0);
        ck_assert_uint_eq(ignoring & ~of_the_c_library, 0);
}
END_TEST

/* A caller may ignore SIGCHLD. */
START_TEST(test_ignored_children)
{
        const struct program program = {
                .script = "(exit 2); exit 3",
                .sandboxed = SANDBOXED,
                .timeout_usec = 5000000,
        };
        _cleanup_(run_done) struct run run;

        ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
        program_run(&program, &run);
        ck_assert_int_eq(run.r, 0);
        ck_assert_int_eq(run.result.end, PROCESS_EXITED);
        ck_assert_int_eq(run.result.status, 3);
}
END_TEST

START_TEST(test_no_descriptor_leaks_in)
{
        const char *const argv[] = { "/bin/ls", "/proc/self/fd", NULL };
        _cleanup_(run_done) struct run run;

        for (int fd = 20; fd < 120; fd += 7)
                ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
        program_run(&(struct program){ .argv = argv, .sandboxed = SANDBOXED }, &run);
        expect_output(&run, "0\n1\n2\n3\n4\n"); /* 3 is for progress, 4 the directory */
}
END_TEST

/* ---- Progress, and a gentle end -------------------------------------------------------------- */

START_TEST(test_progress)
{
        const struct program program = {
                .script =
                        "echo 1/3 one >&3; printf '50%% ' >&3; echo x | tr x '\\033' >&3; echo 3/3 >&3; printf 'cut' >&3",
                .sandboxed = SANDBOXED,
        };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        expect_output(&run, "progress: 1/3 one\nprogress: 50% \\x1b\nprogress: 3/3\n");
}
END_TEST

/* Only if the program ends well; those that ignore it are killed. */
static const struct {
        const char *script;
        const char *output;
        int status;
} gentle_ends[] = {
        { "exit 0", "", 0 },
        { "sh -c 'trap \"echo closed; exit\" TERM; echo ready; while :; do sleep 0.1; done' 2>/dev/null & sleep 1; exit 0",
          "ready\nleft: sh\nclosed\n", 0 },
        { "sh -c 'trap \"echo closed; exit\" TERM; echo ready; while :; do sleep 0.1; done' 2>/dev/null & sleep 1; exit 1",
          "ready\n", 1 },
        { "sleep 100 & sleep 100 & sleep 1; exit 0", "left: sleep, sleep\n", 0 },
};

START_TEST(test_gentle_end)
{
        const struct program program = { .script = gentle_ends[CASE].script, .sandboxed = SANDBOXED, .gentle = true };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_int_eq(run.result.end, PROCESS_EXITED);
        ck_assert_int_eq(run.result.status, gentle_ends[CASE].status);
        ck_assert_str_eq(run.output, gentle_ends[CASE].output);
        ck_assert_uint_lt(run.result.duration_usec, PROCESS_GRACE_SEC * USEC_PER_SEC);
        ck_assert_uint_eq(program_count(), 0);
}
END_TEST

START_TEST(test_gentle_end_is_limited)
{
        const struct program program = {
                .script = "sh -c 'trap \"\" TERM; while :; do sleep 1; done' & sleep 1; exit 0",
                .sandboxed = true,
                .gentle = true,
                .timeout_usec = 5 * USEC_PER_SEC, /* of the program, which has ended */
        };
        _cleanup_(run_done) struct run run;

        program_run(&program, &run);
        ck_assert_int_eq(run.result.end, PROCESS_EXITED);
        ck_assert_int_eq(run.result.status, 0);
        ck_assert_str_eq(run.output, "left: sh\n");
        ck_assert_uint_ge(run.result.duration_usec, PROCESS_GRACE_SEC * USEC_PER_SEC);
        ck_assert_uint_eq(program_count(), 0);
}
END_TEST

/* ---- What is left ---------------------------------------------------------------------------- */

static size_t count_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        size_t n = 0;

        ck_assert_ptr_nonnull(dir);
        while (readdir(dir))
                n++;
        closedir(dir);
        return n;
}

START_TEST(test_leaves_nothing)
{
        static const char *const scripts[] = { "exit 0", "kill -KILL $$", "sleep 100 & exit 1", "sleep 100" };
        size_t before = count_descriptors();
        const char *const nothing[] = { "/nowhere/program", NULL };
        _cleanup_(run_done) struct run failed;

        for (size_t i = 0; i < ELEMENTSOF(scripts); i++) {
                const struct program program = {
                        .script = scripts[i],
                        .sandboxed = SANDBOXED,
                        .timeout_usec = 1000000,
                };
                _cleanup_(run_done) struct run run;

                program_run(&program, &run);
                ck_assert_int_eq(run.r, 0);
        }
        program_run(&(struct program){ .argv = nothing, .sandboxed = SANDBOXED }, &failed);
        ck_assert_int_eq(failed.r, -ENOENT);

        ck_assert_uint_eq(count_descriptors(), before);
        ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
        ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* The caller may have closed any of its standard streams. */
START_TEST(test_closed_standard_descriptors)
{
        int closed = _i / 2, saved[3];
        const char *const nothing[] = { "/nowhere/program", NULL };
        _cleanup_(run_done) struct run run, failed;

        for (int fd = 0; fd < 3; fd++) {
                saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
                if (closed & 1 << fd)
                        close(fd);
        }
        program_run(&(struct program){ .script = "readlink /proc/self/fd/0; echo out; echo error >&2",
                                       .sandboxed = SANDBOXED },
                    &run);
        program_run(&(struct program){ .argv = nothing, .sandboxed = SANDBOXED }, &failed);
        for (int fd = 0; fd < 3; fd++)
                (void)dup2(saved[fd], fd);

        expect_output(&run, "/dev/null\nout\nerror\n");
        ck_assert_int_eq(failed.r, -ENOENT);
}
END_TEST

/* A host of a sandbox runs one program after the other, each without what the last has left running. */
START_TEST(test_host_goes_on)
{
        _cleanup_close_ int network = -EBADF;
        _cleanup_(sandbox_freep) struct sandbox *sandbox = program_new_sandbox(&network);
        struct host host = HOST_OF(sandbox, -EBADF);
        pid_t keeper = 0;

        for (size_t i = 0; i < 2; i++) {
                _cleanup_(run_done) struct run run = { 0 };

                program_run(&(struct program){ .script = "sleep 100 & echo out; exit 3", .host = &host }, &run);
                ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
                ck_assert_str_eq(run.output, "out\n");
                ck_assert_int_eq(run.result.status, 3);
                ck_assert_uint_eq(program_count(), 0);
                ck_assert_int_gt(host.keeper, 0);
                ck_assert(i == 0 || host.keeper == keeper);
                keeper = host.keeper;
        }
        host_end(&host);
        ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
        ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static Suite *suite(void)
{
        TCase *end = tcase_create("end"), *finds = tcase_create("finds"), *left = tcase_create("left");
        Suite *s = suite_create("process");

        tcase_set_timeout(end, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(end, trees_setup, trees_teardown);
        tcase_add_loop_test(end, test_begins_after_meanwhile, 0, 2);
        tcase_add_loop_test(end, test_doesnt_begin_if_meanwhile_fails, 0, 2);
        tcase_add_loop_test(end, test_reason_arrives_if_sandbox_fails, 0, 5);
        tcase_add_test(end, test_host_goes_on);
        tcase_add_loop_test(end, test_end, 0, (int)suite_repeats(2 * ELEMENTSOF(ends)));
        tcase_add_loop_test(end, test_cannot_start, 0, 2 * ELEMENTSOF(failures));
        suite_add_tcase(s, end);

        tcase_set_timeout(finds, TIMEOUT_SEC);
        tcase_add_loop_test(finds, test_circumstances, 0, 2);
        tcase_add_loop_test(finds, test_environment, 0, 2);
        tcase_add_loop_test(finds, test_signals_are_default, 0, 2);
        tcase_add_loop_test(finds, test_ignored_children, 0, 2);
        tcase_add_loop_test(finds, test_no_descriptor_leaks_in, 0, 2);
        suite_add_tcase(s, finds);

        tcase_set_timeout(left, TIMEOUT_SEC);
        tcase_add_loop_test(left, test_progress, 0, 2);
        tcase_add_loop_test(left, test_gentle_end, 0, 2 * ELEMENTSOF(gentle_ends));
        tcase_add_test(left, test_gentle_end_is_limited);
        tcase_add_loop_test(left, test_leaves_nothing, 0, 2);
        tcase_add_loop_test(left, test_closed_standard_descriptors, 0, 2 * 8);
        suite_add_tcase(s, left);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
