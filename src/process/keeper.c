/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/keeper.h"

#include "basic/clock.h"
#include "process/descendants.h"
#include "process/keeper-steps.h"
#include "process/privileges.h"
#include "process/process.h"
#include "process/traces.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

/* ---- Its descendants ---- */

static void keeper_signal_tree(const struct keeper *keeper, int number)
{
        /* In its own PID namespace, -1 is every process but the keeper. */
        if (keeper->host->sandbox) {
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

/* Returns: whether there are children left. */
static bool keeper_reap(struct keeper *keeper)
{
        int status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                keeper_note_end(keeper, pid, status);
        return pid == 0 || errno != ECHILD;
}

/*
 * Children of a killed process become the keeper's own: repeats until there are none. Without any there are no descendants either, which to kill
 * takes the kernel a look at each process of the system.
 */
static void keeper_kill_tree(struct keeper *keeper)
{
        int status;
        pid_t pid;

        if (!keeper_reap(keeper))
                return;
        do {
                keeper_signal_tree(keeper, SIGKILL);
                pid = waitpid(-1, &status, 0);
                if (pid > 0)
                        keeper_note_end(keeper, pid, status);
        } while (pid > 0 || errno == EINTR);
}

/* ---- Waiting ---- */

static void keeper_obey(struct keeper *keeper)
{
        char command;
        ssize_t n = keeper_receive(keeper, &command, sizeof(command));

        if (n == sizeof(command) && command == KEEPER_TERMINATE) {
                keeper_signal_tree(keeper, SIGTERM);
                return;
        }
        keeper_kill_tree(keeper);
        if (n <= 0)
                _exit(EXIT_FAILURE); /* the parent is gone */
}

/* Waits until something happens, at most until @deadline. */
static void keeper_poll(struct keeper *keeper, uint64_t deadline)
{
        struct pollfd fds[] = { { .fd = keeper->child_fd, .events = POLLIN },
                                { .fd = keeper->control, .events = POLLIN } };
        struct signalfd_siginfo info;
        uint64_t now;
        int timeout = -1;

        if (deadline != USEC_INFINITY) {
                now = now_usec(CLOCK_MONOTONIC);
                timeout = deadline > now ? (int)((deadline - now) / USEC_PER_MSEC) + 1 : 0;
        }
        if (poll(fds, ELEMENTSOF(fds), timeout) <= 0)
                return;
        if (fds[0].revents && read(keeper->child_fd, &info, sizeof(info)) < 0)
                return; /* the next poll(2) reports it again */
        if (fds[1].revents)
                keeper_obey(keeper);
}

/* Servers need the time to write what they have in memory. */
static void keeper_end_gently(struct keeper *keeper)
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
                keeper_poll(keeper, deadline);
}

/* Until no process is left but the keeper. */
static void keeper_wait(struct keeper *keeper)
{
        bool left;

        do {
                keeper_poll(keeper, USEC_INFINITY);
                left = keeper_reap(keeper);
        } while (!keeper->ended);
        if (left && keeper->host->order->gentle && keeper->status == 0)
                keeper_end_gently(keeper);
        keeper_kill_tree(keeper);
}

/* ---- From the first program to the last ---- */

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

/* What was told to the program before, and came too late for it, is passed over. */
static void keeper_await_program(struct keeper *keeper)
{
        do {
                if (keeper_receive_order(keeper) <= 0)
                        _exit(EXIT_FAILURE); /* the parent is gone, or needs us no more */
        } while (keeper->host->order->command != KEEPER_RUN);
}

static bool keeper_is_reusable(const struct keeper *keeper)
{
        const struct sandbox *sandbox = keeper->host->sandbox;

        return sandbox && keeper->watched && !traces_are_left(&keeper->traces) &&
               extension_is_in_place(&keeper->extension);
}

/*
 * A program may begin with what the covers knew this long ago, unless we have changed something since. Making an overlay forget takes the kernel an
 * expedited grace period of RCU, which disturbs all processors.
 */
#define RENEW_USEC 100000

static int keeper_renew_covers(struct keeper *keeper)
{
        uint64_t now = now_usec(CLOCK_MONOTONIC);

        if (!keeper->host->order->renew && now - keeper->renewed < RENEW_USEC)
                return 0;
        keeper->renewed = now;
        return sandbox_refresh(keeper->host->sandbox);
}

static void keeper_ready_sandbox(struct keeper *keeper)
{
        struct keeper_message message = { .kind = KEEPER_EXTEND_FAILED };
        const struct keeper_order *order = keeper->host->order;
        const struct sandbox *sandbox = keeper->host->sandbox;

        if (!sandbox)
                return;
        message.error = keeper_renew_covers(keeper);
        if (message.error >= 0 && order->extension_size > 0)
                message.error = extension_attach(&keeper->extension);
        if (message.error >= 0 && order->sealed)
                message.error = sandbox_seal(sandbox);
        if (message.error >= 0 && order->sealed)
                message.error = extension_seal(&keeper->extension);
        if (message.error < 0)
                keeper_fail(keeper, message);
}

/* Returns: whether another one may follow. */
static bool keeper_serve(struct keeper *keeper)
{
        struct keeper_message message = { .kind = KEEPER_ENDED };

        keeper_ready_sandbox(keeper);
        traces_begin(&keeper->traces);
        keeper->ended = false;
        /* vfork, since copying our page tables would take longer than the rest of the program's start. */
        keeper->program = vfork(); /* NOLINT(clang-analyzer-unix.Vfork): the program ends without return */
        if (keeper->program == 0)
                keeper_run_program(keeper);
        if (keeper->program < 0)
                keeper_fail(keeper, (struct keeper_message){ .kind = KEEPER_EXEC_FAILED, .error = -errno });
        keeper_wait(keeper);
        message.status = keeper->status;
        message.reusable = keeper_is_reusable(keeper) &&
                           (!keeper->host->order->retract || extension_detach(&keeper->extension) >= 0);
        keeper_send(keeper, message);
        return message.reusable;
}

/* The programs of a sandbox may neither trace the keeper nor reach its descriptors, since it keeps its capabilities. */
static void keeper_enter_sandbox(struct keeper *keeper)
{
        const struct sandbox *sandbox = keeper->host->sandbox;
        struct keeper_message message = { .kind = KEEPER_SANDBOX_FAILED };

        keeper->renewed = now_usec(CLOCK_MONOTONIC);
        message.error = sandbox_enter(sandbox, &message.step);
        if (message.error < 0)
                keeper_fail(keeper, message);
        message = (struct keeper_message){ .kind = KEEPER_DROP_FAILED, .error = privileges_bound() };
        if (message.error >= 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                message.error = -errno;
        if (message.error < 0)
                keeper_fail(keeper, message);
        keeper->watched = traces_init(&keeper->traces, sandbox) >= 0;
}

void keeper_main(struct keeper *keeper)
{
        struct keeper_message message = { .kind = KEEPER_EXEC_FAILED };

        message.error = keeper_take_fds(keeper);
        if (message.error < 0)
                keeper_fail(keeper, message);
        keeper_reset_signals();
        (void)setsid();
        keeper->child_fd = keeper_watch_children();
        if (keeper->child_fd < 0 || (!keeper->host->sandbox && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)) {
                message.error = -errno;
                keeper_fail(keeper, message);
        }
        if (keeper->host->sandbox)
                keeper_enter_sandbox(keeper);
        do
                keeper_await_program(keeper);
        while (keeper_serve(keeper));
        _exit(EXIT_SUCCESS);
}
