/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the keeper's child to the program. The child has the memory of the keeper, which goes on with it after execve(2). */

#include "process/keeper-steps.h"
#include "process/privileges.h"
#include "process/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void keeper_unblock_signals(void)
{
        sigset_t none;

        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int keeper_set_up_program(const struct keeper *keeper)
{
        int null_fd;

        null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null_fd < 0)
                return -errno;
        if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(keeper->output, STDOUT_FILENO) < 0 ||
            dup2(keeper->output, STDERR_FILENO) < 0 || dup2(keeper->progress, PROCESS_PROGRESS_FD) < 0)
                return -errno;
        if (setsid() < 0 || chdir("/") < 0)
                return -errno;
        /* In its own PID namespace it dies with the keeper in any case. */
        if (!keeper->host->sandbox && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return -errno;
        umask(022);
        keeper_unblock_signals();
        return 0;
}

_Noreturn void keeper_run_program(const struct keeper *keeper)
{
        struct keeper_message message = { .kind = KEEPER_EXEC_FAILED };
        struct keeper_order *order = keeper->host->order;
        char *words[KEEPER_WORDS_MAX + 2], *text = order->text;
        size_t n = 0;

        for (size_t i = 0; i < order->n_argv + order->n_envp; i++) {
                if (i == order->n_argv)
                        words[n++] = NULL;
                words[n++] = text;
                text += strlen(text) + 1;
        }
        words[n] = NULL;

        message.error = keeper_set_up_program(keeper);
        if (message.error >= 0) {
                message.error = keeper->host->sandbox ? privileges_drop() : 0;
                message.kind = message.error < 0 ? KEEPER_DROP_FAILED : KEEPER_EXEC_FAILED;
        }
        if (message.error >= 0) {
                (void)execve(words[0], words,
                             words + order->n_argv + 1); /* NOLINT(clang-analyzer-core.NonNull*): n_argv > 0 */
                message.error = -errno;
        }
        keeper_fail(keeper, message);
}
