/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history.h"

#include "basic/io.h"
#include "history/history-feed.h"
#include "history/history-line.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define FILE_NAME "history.jsonl"
#define PEEK_SIZE 4096U
#define ADM_GID   4U /* Debian gives it to group adm on every machine: base-passwd(5) */

/* ---- Opening ---- */

int history_restrict(int fd, mode_t mode)
{
        if (geteuid() != 0)
                return 0;
        return fchown(fd, 0, ADM_GID) < 0 || fchmod(fd, mode) < 0 ? -errno : 0;
}

static int sync_fd(int fd)
{
        return fsync(fd) < 0 ? -errno : 0;
}

static int make_dir(const struct root *root, const char *package)
{
        _cleanup_close_ int base = -EBADF, dir = -EBADF, parent = -EBADF;
        int r;

        base = root_open_mkdirs(root, STATE_DIR);
        if (base < 0)
                return base;
        if (mkdirat(base, package, 0750) < 0)
                return errno == EEXIST ? 0 : -errno;
        dir = openat(base, package, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (dir < 0)
                return -errno;

        r = history_restrict(base, 0750);
        if (r >= 0)
                r = history_restrict(dir, 0750);
        if (r >= 0)
                r = sync_fd(base);
        if (r < 0)
                return r;
        parent = openat(base, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return parent < 0 ? -errno : sync_fd(parent);
}

/* Returns: a file descriptor, or -ENOENT. */
static int open_dir(const struct root *root, const char *package)
{
        _cleanup_close_ int base = -EBADF;
        int fd;

        base = root_open(root, STATE_DIR, O_PATH | O_DIRECTORY);
        if (base < 0)
                return base;
        fd = openat(base, package, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int open_file(int dir, enum history_mode mode)
{
        int flags = mode == HISTORY_APPEND ? O_RDWR | O_APPEND : O_RDONLY;
        struct stat st;
        int fd;

        /* O_NONBLOCK: a fifo in its place must not hang us. */
        fd = openat(dir, FILE_NAME, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                close(fd);
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        }
        return fd;
}

static int create_file(int dir)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(dir, FILE_NAME, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = history_restrict(fd, 0640);
        if (r >= 0)
                r = sync_fd(fd);
        if (r >= 0)
                r = sync_fd(dir);
        return r < 0 ? r : TAKE_FD(fd);
}

static int open_existing(struct history *history, enum history_mode mode)
{
        history->dir = open_dir(history->root, history->package);
        history->fd = history->dir < 0 ? history->dir : open_file(history->dir, mode);
        return history->fd < 0 ? history->fd : 0;
}

static int create(struct history *history)
{
        int r;

        r = make_dir(history->root, history->package);
        if (r < 0)
                return r;
        if (history->dir < 0)
                history->dir = open_dir(history->root, history->package);
        history->fd = history->dir < 0 ? history->dir : create_file(history->dir);
        return history->fd < 0 ? history->fd : 0;
}

/* ---- Reading ---- */

static int keep_event(struct history *history, struct dmig_event **event)
{
        struct dmig_event **grown = history->events;

        /* Grows whenever the count reaches a power of two. */
        if ((history->n_events & (history->n_events - 1)) == 0)
                grown = reallocarray(grown, history->n_events ? history->n_events * 2 : 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        history->events = grown;
        grown[history->n_events++] = TAKE_PTR(*event);
        return 0;
}

static int take_line(struct history *history, const char *line, size_t size, bool keep, struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        r = history_line_parse(history->package, line, size, &event, error);
        if (r >= 0)
                r = history_feed(&history->state, event, error);
        if (r >= 0 && keep)
                r = keep_event(history, &event);
        return r;
}

/* Moves what stands behind the last newline into a file of its own: it was cut short, so nobody acted upon it. */
static int set_tail_aside(struct history *history, const char *tail, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        struct timespec now;
        int r;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (asprintf(&history->torn, FILE_NAME ".torn.%lld.%09ld", (long long)now.tv_sec, now.tv_nsec) < 0)
                return -ENOMEM;
        fd = openat(history->dir, history->torn, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = history_restrict(fd, 0640);
        if (r >= 0)
                r = io_write_all(fd, tail, size);
        if (r >= 0)
                r = sync_fd(fd);
        if (r >= 0)
                r = sync_fd(history->dir);
        if (r >= 0 && ftruncate(history->fd, history->size) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(history->dir, history->torn, 0);
                return r;
        }
        return sync_fd(history->fd);
}

static int read_events(struct history *history, enum history_mode mode, bool keep, struct error *error)
{
        _cleanup_free_ char *data = NULL;
        size_t size, line = 1;
        char *p, *end;
        int r;

        r = io_read_all(history->fd, INT_MAX, &data, &size);
        if (r < 0)
                return error_errnof(error, r, "can't read %s", history->path);

        for (p = data; (end = memchr(p, '\n', (size_t)(data + size - p))); p = end + 1, line++) {
                _cleanup_error_ struct error reason = { 0 };

                r = take_line(history, p, (size_t)(end - p), keep, &reason);
                if (r == -EBADMSG)
                        return error_setf(
                                error, r,
                                "%s:%zu: can't be read: %s; nothing of the package runs until the line is repaired, or the file is moved away and a baseline is set",
                                history->path, line, error_text(&reason));
                if (r < 0)
                        return r;
        }
        history->size = p - data;
        history->cut = p < data + size;
        if (!history->cut || mode == HISTORY_READ)
                return 0;

        r = set_tail_aside(history, p, (size_t)(data + size - p));
        return r < 0 ? error_errnof(error, r, "can't set the torn last line of %s aside", history->path) : 0;
}

int history_open(const struct root *root, const char *package, enum history_mode mode, bool keep_events,
                 struct history **ret, struct error *error)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        history = calloc(1, sizeof(*history));
        if (!history)
                return -ENOMEM;
        history->root = root;
        history->dir = history->fd = -EBADF;
        history->package = strdup(package);
        if (!history->package || asprintf(&history->path, "%s" STATE_DIR "/%s/" FILE_NAME, root->path, package) < 0)
                return -ENOMEM;

        r = open_existing(history, mode);
        if (r >= 0)
                r = read_events(history, mode, keep_events, error);
        else if (r != -ENOENT)
                r = error_errnof(error, r, "can't open %s", history->path);
        if (r < 0 && r != -ENOENT)
                return r;
        *ret = TAKE_PTR(history);
        return 0;
}

struct history *history_free(struct history *history)
{
        if (!history)
                return NULL;
        for (size_t i = 0; i < history->n_events; i++)
                event_free(history->events[i]);
        free(history->events);
        history_state_done(&history->state);
        fd_closep(&history->fd);
        fd_closep(&history->dir);
        free(history->torn);
        free(history->path);
        free(history->package);
        free(history);
        return NULL;
}

/* ---- Writing ---- */

int history_append(struct history *history, const struct dmig_event *event, struct error *error)
{
        _cleanup_free_ char *line = NULL;
        size_t size;
        int r;

        r = history->fd < 0 ? create(history) : 0;
        if (r < 0)
                return error_errnof(error, r, "can't make %s", history->path);
        r = history_line_format(event, &line, &size);
        if (r < 0)
                return r;
        r = io_write_all(history->fd, line, size);
        if (r >= 0 && fdatasync(history->fd) < 0)
                r = -errno;
        if (r < 0) {
                /* Where half a line can't be taken back either, the next run sets it aside. */
                bool whole = ftruncate(history->fd, history->size) == 0;

                return error_errnof(error, r, "can't write %s%s", history->path, whole ? "" : " nor repair it");
        }
        history->size += (off_t)size;
        return history_feed(&history->state, event, error);
}

/* ---- The last line ---- */

int history_peek(const struct root *root, const char *package, struct dmig_event **ret)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        char data[PEEK_SIZE], *line;
        struct stat st;
        ssize_t n;

        dir = open_dir(root, package);
        fd = dir < 0 ? dir : open_file(dir, HISTORY_READ);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        n = pread(fd, data, sizeof(data), st.st_size > (off_t)sizeof(data) ? st.st_size - (off_t)sizeof(data) : 0);
        if (n < 0)
                return -errno;
        if (n == 0 || data[n - 1] != '\n')
                return 0;

        line = memrchr(data, '\n', (size_t)n - 1);
        line = line ? line + 1 : data;
        return history_line_parse(package, line, (size_t)(data + n - 1 - line), ret, NULL) < 0 ? 0 : 1;
}
