/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/automount.h"

#include "basic/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* How long a killed process may take to end. */
#define KILL_PATIENCE_MSEC 1000

/* As fork(2) without its handlers and locks, which other threads may hold; and no signal tells the caller's program of its end. */
static pid_t process_clone(void)
{
        return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

static int time_left_msec(uint64_t end_usec)
{
        uint64_t now = now_usec(CLOCK_MONOTONIC), left = end_usec > now ? (end_usec - now) / USEC_PER_MSEC + 1 : 0;

        return left > INT_MAX ? INT_MAX : (int)left;
}

/* Returns: whether the process ended in time. */
static bool process_await(int pidfd, const struct automount_limits *limits)
{
        struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN }, { .fd = limits->stop_fd, .events = POLLIN } };
        int n;

        do
                n = poll(fds, ELEMENTSOF(fds), time_left_msec(limits->end_usec));
        while (n < 0 && errno == EINTR);
        return fds[0].revents;
}

/* One that can't be killed is left to the kernel. */
static void process_end(pid_t pid, int pidfd)
{
        struct pollfd ended = { .fd = pidfd, .events = POLLIN };

        (void)kill(pid, SIGKILL);
        while (poll(&ended, 1, KILL_PATIENCE_MSEC) < 0 && errno == EINTR)
                ;
        (void)waitpid(pid, NULL, WNOHANG | __WCLONE);
}

int automount_trigger(const struct root *root, const char *path, const struct automount_limits *limits)
{
        _cleanup_close_ int pidfd = -EBADF;
        bool ended;
        pid_t pid;

        assert(root);
        assert(path);
        assert(limits);

        pid = process_clone();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                _exit(root_open(root, path, O_PATH | O_DIRECTORY) < 0);
        pidfd = pidfd_open(pid, 0);
        ended = pidfd >= 0 && process_await(pidfd, limits);
        process_end(pid, pidfd);
        return ended;
}
