/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keeper's file descriptors: its own, and those of the sandbox, above those that each program gets. */

#include "process/keeper-steps.h"
#include "process/process.h"

#include <fcntl.h>

#define FIRST_FD (PROCESS_PROGRESS_FD + 1U) /* above those that the program gets */

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

/* The parent's side of our own socket may be among them, which would hide its end from us as well. */
static int keeper_close_low(void)
{
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        for (int i = 0; i < (int)FIRST_FD; i++)
                if (dup2(fd, i) < 0)
                        return -errno;
        return 0;
}

int keeper_take_fds(struct keeper *keeper)
{
        const struct sandbox *sandbox = keeper->host->sandbox;
        int own[4], r;

        keeper->control = own[0] = fd_move_up(keeper->control);
        keeper->output = own[1] = fd_move_up(keeper->output);
        keeper->progress = own[2] = fd_move_up(keeper->progress);
        own[3] = fd_move_up(keeper->host->lock_fd);
        for (size_t i = 0; sandbox && i < sandbox->n_given; i++)
                sandbox->fds[i] = fd_move_up(sandbox->fds[i]); /* the child's own copy */
        r = keeper_close_low();
        return r < 0 ? r : keeper_close_others(own, ELEMENTSOF(own), sandbox);
}
