/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/lock.h"

#include "basic/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>

/* flock(2) can't wait for a limited time, so it is tried this often. */
#define RETRY_MSEC 50

/* @name: of a file in the directory; "" for that itself. */
static int lock_explain(const struct root *root, const char *name, int code, struct error *error)
{
        const char *remedy =
                code == -EACCES && geteuid() != 0 ? "; only root may change anything, so run this as root" : "";

        return error_setf(error, code, "can't open %s" LOCK_DIR "%s%s: %s%s", root->path, *name ? "/" : "", name,
                          strerror(-code), remedy);
}

static int lock_open(const struct root *root, const char *package, struct error *error)
{
        _cleanup_close_ int dir = -EBADF;
        _cleanup_free_ char *name = NULL;
        int fd;

        if (asprintf(&name, "%s.lock", package) < 0)
                return -ENOMEM;
        dir = root_open_mkdirs(root, LOCK_DIR);
        if (dir < 0)
                return lock_explain(root, "", dir, error);
        /* 0600, since a process that can open it can hold the lock. */
        fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return lock_explain(root, name, -errno, error);
        return fd;
}

/*
 * For the messages of waiting processes. The lock doesn't depend on it, so a failure is ignored. Most often it was ours before; and a file that
 * is emptied first is written to the disk at once by some file systems.
 */
static void lock_write_holder(int fd)
{
        char pid[16], before[16];
        int n = snprintf(pid, sizeof(pid), "%d\n", getpid());

        if (pread(fd, before, sizeof(before), 0) == n && memcmp(before, pid, (size_t)n) == 0)
                return;
        if (pwrite(fd, pid, (size_t)n, 0) < 0 || ftruncate(fd, n) < 0)
                return;
}

static int lock_explain_busy(int fd, const char *package, struct error *error)
{
        char pid[16] = "";
        ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

        pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
        return error_setf(error, -EBUSY, "%s is locked by process %s; try again after it has ended", package,
                          pid[0] ? pid : "(unknown)");
}

int lock_acquire(const struct root *root, const struct lock_request *request, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        uint64_t end;

        assert(root);
        assert(request && request->package);

        end = usec_add(now_usec(CLOCK_MONOTONIC), request->timeout_usec);
        fd = lock_open(root, request->package, error);
        if (fd < 0)
                return fd;

        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                struct pollfd stop = { .fd = request->stop_fd, .events = POLLIN };

                if (errno != EWOULDBLOCK && errno != EINTR)
                        return error_errnof(error, -errno, "can't lock %s", request->package);
                if (now_usec(CLOCK_MONOTONIC) >= end)
                        return lock_explain_busy(fd, request->package, error);
                if (poll(&stop, 1, RETRY_MSEC) > 0)
                        return error_setf(error, -ECANCELED, "stopped while waiting for the lock on %s",
                                          request->package);
        }
        lock_write_holder(fd);
        return TAKE_FD(fd);
}
