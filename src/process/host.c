/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/host.h"

#include "process/keeper.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A process that was left over may keep the other end open for ever, so our end never blocks. */
static int host_make_pipe(int *ret_ours, int *ret_keepers)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        *ret_ours = fds[0];
        *ret_keepers = fds[1];
        return fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int host_make_channels(struct host *host, struct keeper *keeper)
{
        int fds[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        host->control = fds[0];
        keeper->control = fds[1];
        r = host_make_pipe(&host->output, &keeper->output);
        return r < 0 ? r : host_make_pipe(&host->progress, &keeper->progress);
}

/* As fork(2) without its handlers and locks, which other threads may hold: the child makes only system calls. */
static pid_t host_clone_keeper(const struct host *host)
{
        int flags = host->sandbox ? SANDBOX_CLONE_FLAGS : 0;

        return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static void host_close(struct host *host)
{
        fd_closep(&host->control);
        fd_closep(&host->output);
        fd_closep(&host->progress);
        free(TAKE_PTR(host->order));
        host->control = host->output = host->progress = -EBADF;
        host->reusable = false;
}

int host_start(struct host *host)
{
        struct keeper keeper = { .host = host, .control = -EBADF, .output = -EBADF, .progress = -EBADF };
        int r;

        assert(host);

        if (host->keeper > 0)
                return 0;
        host->order = malloc(sizeof(*host->order));
        r = host->order ? host_make_channels(host, &keeper) : -ENOMEM;
        if (r >= 0) {
                host->keeper = host_clone_keeper(host);
                if (host->keeper == 0)
                        keeper_main(&keeper);
                if (host->keeper < 0)
                        r = -errno;
        }
        fd_closep(&keeper.control);
        fd_closep(&keeper.output);
        fd_closep(&keeper.progress);
        if (r < 0) {
                host_close(host);
                host->keeper = 0;
        }
        return r;
}

void host_dismiss(struct host *host)
{
        assert(host);

        host_close(host);
        if (host->keeper <= 0)
                return;
        host_reap(host);
        host->former = host->keeper;
        host->keeper = 0;
}

void host_reap(struct host *host)
{
        assert(host);

        while (host->former > 0 && waitpid(host->former, NULL, 0) < 0 && errno == EINTR)
                ;
        host->former = 0;
}

void host_end(struct host *host)
{
        host_dismiss(host);
        host_reap(host);
}
