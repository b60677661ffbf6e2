/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/thread.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *note_mask(void *userdata)
{
        (void)pthread_sigmask(SIG_SETMASK, NULL, userdata);
        return NULL;
}

START_TEST(test_signals)
{
        sigset_t before, inside, after;
        pthread_t thread;

        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
        ck_assert_int_eq(thread_start(&thread, note_mask, &inside), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        ck_assert_int_eq(sigismember(&inside, SIGTERM), 1);
        ck_assert_int_eq(sigismember(&inside, SIGCHLD), 1);
        ck_assert_int_eq(sigismember(&before, SIGTERM), 0);
        ck_assert_int_eq(sigismember(&after, SIGTERM), 0);
}
END_TEST

/* From now on, the kernel refuses the process a thread, for that reason. */
static void refuse_threads(int error)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = ELEMENTSOF(filter), .filter = filter };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                _exit(EXIT_FAILURE);
}

static const int reasons[] = { ENOMEM, EAGAIN, EPERM };

START_TEST(test_reason)
{
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                pthread_t thread;
                sigset_t mask;

                refuse_threads(reasons[_i]);
                _exit(thread_start(&thread, note_mask, &mask) == -reasons[_i] ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}
END_TEST

static Suite *thread_suite(void)
{
        Suite *suite = suite_create("thread");
        TCase *tcase = tcase_create("thread");

        tcase_add_test(tcase, test_signals);
        tcase_add_loop_test(tcase, test_reason, 0, ELEMENTSOF(reasons));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(thread_suite());
}
