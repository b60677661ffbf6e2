/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/keeper.h"

#include "basic/clock.h"
#include "sandbox/descendants.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FIRST_FD (PROCESS_PROGRESS_FD + 1U) /* above those that the program gets */

#define TRIES_MAX 1000

void keeper_pass(int socket, const void *message, size_t size)
{
        ssize_t n = -1;

        for (unsigned i = 0; n < 0 && i < TRIES_MAX; i++) {
                n = send(socket, message, size, MSG_NOSIGNAL);
                if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
                        return;
        }
}

/* Returns: as recv(2), but fails only if the parent is gone. */
static ssize_t keeper_receive(const struct keeper *keeper, char *ret)
{
        ssize_t n = -1;

        for (unsigned i = 0; n < 0 && i < TRIES_MAX; i++) {
                n = recv(keeper->control, ret, sizeof(*ret), 0);
                if (n < 0 && errno == ECONNRESET)
                        return n;
        }
        return n;
}

static void keeper_send(const struct keeper *keeper, struct keeper_message message)
{
        keeper_pass(keeper->control, &message, sizeof(message));
}

_Noreturn static void keeper_fail(const struct keeper *keeper, struct keeper_message message)
{
        keeper_send(keeper, message);
        _exit(EXIT_FAILURE);
}

/* The caller's signal dispositions, an ignored SIGCHLD even, apply neither to the keeper nor to the program. */
static void keeper_reset_signals(void)
{
        /*
         * All zero is SIG_DFL, for any architecture. Not by sigaction(3), which takes a lock for SIGABRT since glibc 2.41: another thread may
         * have held it when we were cloned, and would never release ours.
         */
        static const unsigned char action[256];

        for (int i = 1; i < NSIG; i++)
                (void)syscall(SYS_rt_sigaction, i, action, NULL, NSIG / 8);
}

/* If the caller has closed its standard streams, @fd may have one of the numbers that the program needs. */
static int fd_move_up(int fd)
{
        return fd >= 0 && fd < (int)FIRST_FD ? fcntl(fd, F_DUPFD_CLOEXEC, (int)FIRST_FD) : fd;
}

/* Returns: the lowest of @fds that is at least @first and lower than @best, or @best. */
static unsigned fds_find_lowest(const int *fds, size_t n, unsigned first, unsigned best)
{
        for (size_t i = 0; i < n; i++)
                if (fds[i] >= (int)first && (unsigned)fds[i] < best)
                        best = (unsigned)fds[i];
        return best;
}

/*
 * Keeps only the keeper's and the sandbox's: a copy of another keeper's control socket would hide from it that its parent has died.
 * Returns: 0 or a negative errno.
 */
static int keeper_close_others(const int *own, size_t n_own, const struct sandbox *sandbox)
{
        unsigned first = FIRST_FD, next;

        do {
                next = fds_find_lowest(own, n_own, first, ~0U);
                if (sandbox)
                        next = fds_find_lowest(sandbox->fds, sandbox->n_given, first, next);
                if (next > first && close_range(first, next == ~0U ? ~0U : next - 1, 0) < 0)
                        return -errno;
                first = next + 1;
        } while (next != ~0U);
        return 0;
}

static int keeper_take_fds(struct keeper *keeper)
{
        const struct sandbox *sandbox = keeper->request->sandbox;
        int own[4];

        keeper->control = own[0] = fd_move_up(keeper->control);
        keeper->output = own[1] = fd_move_up(keeper->output);
        keeper->progress = own[2] = fd_move_up(keeper->progress);
        own[3] = fd_move_up(keeper->request->lock_fd);
        for (size_t i = 0; sandbox && i < sandbox->n_given; i++)
                sandbox->fds[i] = fd_move_up(sandbox->fds[i]); /* the child's own copy */
        return keeper_close_others(own, ELEMENTSOF(own), sandbox);
}

/* ---- The program ---- */

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
        if (!keeper->request->sandbox && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return -errno;
        umask(022);
        keeper_unblock_signals();
        return 0;
}

_Noreturn static void keeper_run_program(const struct keeper *keeper)
{
        const struct process_request *request = keeper->request;
        int r;

        r = keeper_set_up_program(keeper);
        if (r >= 0) {
                (void)execve(request->argv[0], request->argv, request->envp);
                r = -errno;
        }
        keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = r });
}

/* ---- Its descendants ---- */

static void keeper_signal_tree(const struct keeper *keeper, int number)
{
        /* In its own PID namespace, -1 is every process but the keeper. */
        if (keeper->request->sandbox) {
                (void)kill(-1, number);
                return;
        }
        /* A stopped process can neither fork nor react to the end of a child. */
        if (number == SIGKILL)
                descendants_signal(getpid(), SIGSTOP);
        descendants_signal(getpid(), number);
}

static void keeper_note_end(struct keeper *keeper, pid_t pid, int status)
{
        if (pid != keeper->program)
                return;
        keeper->ended = true;
        keeper->status = status;
}

/* Children of a killed process become the keeper's own: repeats until there are none. */
static void keeper_kill_tree(struct keeper *keeper)
{
        int status;
        pid_t pid;

        do {
                keeper_signal_tree(keeper, SIGKILL);
                pid = waitpid(-1, &status, 0);
                if (pid > 0)
                        keeper_note_end(keeper, pid, status);
        } while (pid > 0 || errno == EINTR);
}

/* ---- Waiting ---- */

/* Returns: whether there are children left. */
static bool keeper_reap(struct keeper *keeper)
{
        int status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                keeper_note_end(keeper, pid, status);
        return pid == 0;
}

static void keeper_obey(struct keeper *keeper)
{
        char command;
        ssize_t n = keeper_receive(keeper, &command);

        if (n == sizeof(command) && command == KEEPER_TERMINATE) {
                keeper_signal_tree(keeper, SIGTERM);
                return;
        }
        keeper_kill_tree(keeper);
        if (n <= 0)
                _exit(EXIT_FAILURE); /* the parent is gone */
}

/* Waits until something happens, at most until @deadline. */
static void keeper_poll(struct keeper *keeper, int child_fd, uint64_t deadline)
{
        struct pollfd fds[] = { { .fd = child_fd, .events = POLLIN }, { .fd = keeper->control, .events = POLLIN } };
        struct signalfd_siginfo info;
        uint64_t now;
        int timeout = -1;

        if (deadline != USEC_INFINITY) {
                now = now_usec(CLOCK_MONOTONIC);
                timeout = deadline > now ? (int)((deadline - now) / USEC_PER_MSEC) + 1 : 0;
        }
        if (poll(fds, ELEMENTSOF(fds), timeout) <= 0)
                return;
        if (fds[0].revents)
                while (read(child_fd, &info, sizeof(info)) > 0)
                        ;
        if (fds[1].revents)
                keeper_obey(keeper);
}

/* Servers need the time to write what they have in memory. */
static void keeper_end_gently(struct keeper *keeper, int child_fd)
{
        uint64_t deadline = now_usec(CLOCK_MONOTONIC) + PROCESS_GRACE_SEC * USEC_PER_SEC;
        struct keeper_message message = { .kind = KEEPER_LEFT };

        if (!keeper_reap(keeper))
                return;
        descendants_name(message.left);
        keeper_send(keeper, message);
        keeper_signal_tree(keeper, SIGTERM);
        keeper_signal_tree(keeper, SIGCONT);
        while (keeper_reap(keeper) && now_usec(CLOCK_MONOTONIC) < deadline)
                keeper_poll(keeper, child_fd, deadline);
}

_Noreturn static void keeper_wait(struct keeper *keeper, int child_fd)
{
        while (keeper_reap(keeper), !keeper->ended)
                keeper_poll(keeper, child_fd, USEC_INFINITY);
        if (keeper->request->gentle && keeper->status == 0)
                keeper_end_gently(keeper, child_fd);
        keeper_kill_tree(keeper);
        keeper_send(keeper, (struct keeper_message){ .kind = KEEPER_ENDED, .status = keeper->status });
        _exit(EXIT_SUCCESS);
}

static int keeper_watch_children(void)
{
        sigset_t all;

        /* Signals to the session are the parent's to handle. */
        sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, NULL);
        sigemptyset(&all);
        sigaddset(&all, SIGCHLD);
        return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The parent has done what it had to do before the program begins. */
static void keeper_await_begin(const struct keeper *keeper)
{
        char command;

        if (keeper_receive(keeper, &command) != sizeof(command) || command != KEEPER_BEGIN)
                _exit(EXIT_FAILURE);
}

void keeper_main(struct keeper *keeper)
{
        const struct sandbox *sandbox = keeper->request->sandbox;
        struct keeper_message message = { .kind = KEEPER_SANDBOX_FAILED };
        int child_fd, r;

        r = keeper_take_fds(keeper);
        if (r < 0)
                keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = r });
        keeper_reset_signals();
        (void)setsid();
        child_fd = keeper_watch_children();
        if (child_fd < 0)
                keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = -errno });

        if (sandbox)
                message.error = sandbox_enter(sandbox, &message.step);
        if (message.error < 0)
                keeper_fail(keeper, message);
        if (!sandbox && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = -errno });

        if (keeper->request->meanwhile)
                keeper_await_begin(keeper);
        /* vfork, since copying our page tables would take longer than the rest of the program's start. */
        keeper->program = vfork();
        if (keeper->program == 0)
                keeper_run_program(keeper);
        if (keeper->program < 0)
                keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = -errno });
        close(keeper->output);
        close(keeper->progress);
        keeper_wait(keeper, child_fd);
}
