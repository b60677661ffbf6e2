/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-file.h"

#include "basic/array.h"
#include "basic/io.h"
#include "history/history-feed.h"
#include "history/history-line.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define PEEK_SIZE 4096U /* for the last line; a longer one isn't peeked at */
#define ADM_GID   4U    /* of group adm on every Debian machine: base-passwd(5) */

/* ---- Opening ---- */

int history_restrict(int fd, mode_t mode)
{
        struct stat st;

        if (geteuid() != 0)
                return 0;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid == 0 && st.st_gid == ADM_GID && (st.st_mode & ALLPERMS) == mode)
                return 0;
        if (fchown(fd, 0, ADM_GID) < 0 && errno != EINVAL) /* a user name space may have no such group */
                return -errno;
        return fchmod(fd, mode) < 0 ? -errno : 0;
}

int history_open_dir(const struct root *root, const char *package)
{
        _cleanup_close_ int base = -EBADF;
        int fd;

        base = root_open_present(root, STATE_DIR, O_PATH | O_DIRECTORY);
        if (base < 0)
                return base;
        fd = openat(base, package, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int history_open_file(int dir, enum history_mode mode)
{
        int flags = mode == HISTORY_APPEND ? O_RDWR | O_APPEND : O_RDONLY;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        /* O_NONBLOCK: opening a fifo must not wait. */
        fd = openat(dir, HISTORY_FILE_NAME, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        return TAKE_FD(fd);
}

static int history_open_existing(struct history *history, enum history_mode mode)
{
        history->dir = history_open_dir(history->root, history->package);
        history->fd = history->dir < 0 ? history->dir : history_open_file(history->dir, mode);
        return history->fd < 0 ? history->fd : 0;
}

/* ---- Reading ---- */

static int history_keep_event(struct history *history, struct dmig_event **event)
{
        struct dmig_event **grown = array_grow(history->events, history->n_events, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        history->events = grown;
        grown[history->n_events++] = TAKE_PTR(*event);
        return 0;
}

static int history_take_line(struct history *history, const struct history_line *line, struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        r = history_line_parse(line, &event, error);
        if (r >= 0)
                r = history_feed(&history->state, event, error);
        if (r >= 0 && history->keep_events)
                r = history_keep_event(history, &event);
        return r;
}

/* Moves the bytes after the last newline to a file of their own: their line was cut short, so no step of the library relied on it. */
static int history_set_tail_aside(struct history *history, const char *tail, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        struct timespec now;
        int r;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (asprintf(&history->torn, HISTORY_FILE_NAME ".torn.%lld.%09ld", (long long)now.tv_sec, now.tv_nsec) < 0)
                return -ENOMEM;
        fd = openat(history->dir, history->torn, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = history_restrict(fd, 0640);
        if (r >= 0)
                r = io_write_all(fd, tail, size);
        if (r >= 0)
                r = io_sync(fd);
        if (r >= 0)
                r = io_sync(history->dir);
        if (r >= 0 && ftruncate(history->fd, history->size) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(history->dir, history->torn, 0);
                return r;
        }
        return io_sync(history->fd);
}

bool history_is_denied(int code)
{
        return code == -EACCES && geteuid() != 0;
}

static int history_explain(const struct history *history, int code, struct error *error)
{
        if (history_is_denied(code))
                return error_setf(error, code, "can't read %s: " HISTORY_DENIED, history->path);
        return error_setf(
                error, code,
                "can't read %s: %s; try again, or repair it, or move it away and set the version with 'deploy-migrate baseline'",
                history->path, strerror(-code));
}

/* A history without a line isn't a new one if there is what only comes after an event: then it was cut. */
static int history_check_cut(const struct history *history, struct error *error)
{
        static const char *const later[] = { STAGE_DIR, TRANSACTIONS_DIR };

        for (size_t i = 0; history->size == 0 && i < ELEMENTSOF(later); i++) {
                if (faccessat(history->dir, later[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return error_setf(
                                error, -EBADMSG,
                                "%s: no line is left of it, but %s beside it is from its migrations; restore it from a backup, or move it away and set the version with 'deploy-migrate baseline'; until then nothing runs for this package",
                                history->path, later[i]);
                if (errno != ENOENT)
                        return history_explain(history, -errno, error);
        }
        return 0;
}

static int history_read(struct history *history, enum history_mode mode, struct error *error)
{
        _cleanup_free_ char *data = NULL;
        size_t size, line = 1;
        char *p, *end;
        int r;

        r = io_read_all(history->fd, INT_MAX, &data, &size);
        if (r < 0)
                return history_explain(history, r, error);

        for (p = data; (end = memchr(p, '\n', (size_t)(data + size - p))); p = end + 1, line++) {
                const struct history_line bytes = { history->package, p, (size_t)(end - p) };
                _cleanup_error_ struct error reason = { 0 };

                r = history_take_line(history, &bytes, &reason);
                if (r == -EBADMSG)
                        return error_setf(
                                error, r,
                                "%s:%zu: unreadable line: %s; repair it, or move the file away and set the version with 'deploy-migrate baseline'; until then nothing runs for this package",
                                history->path, line, error_text(&reason));
                if (r < 0)
                        return r;
        }
        history->size = history->durable = p - data;
        history->inherited = mode == HISTORY_APPEND && size > 0 && !history->state.settled;
        history->cut = p < data + size;
        r = history_check_cut(history, error);
        if (r < 0 || !history->cut || mode == HISTORY_READ)
                return r;

        r = history_set_tail_aside(history, p, (size_t)(data + size - p));
        return r < 0 ? error_errnof(error, r, "can't set aside the torn last line of %s", history->path) : 0;
}

int history_open(const struct history_request *request, struct history **ret, struct error *error)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        assert(request && request->root && request->package);
        assert(ret);

        history = calloc(1, sizeof(*history));
        if (!history)
                return -ENOMEM;
        history->root = request->root;
        history->dir = history->fd = -EBADF;
        history->keep_events = request->keep_events;
        history->package = strdup(request->package);
        if (!history->package || asprintf(&history->path, "%s" STATE_DIR "/%s/" HISTORY_FILE_NAME, request->root->path,
                                          request->package) < 0)
                return -ENOMEM;

        r = history_open_existing(history, request->mode);
        if (r >= 0)
                r = history_read(history, request->mode, error);
        else if (r != -ENOENT)
                r = history_explain(history, r, error);
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
        for (size_t i = 0; i < history->n_waiting; i++)
                event_free(history->waiting[i]);
        free(history->waiting);
        history_state_done(&history->state);
        fd_closep(&history->fd);
        fd_closep(&history->dir);
        free(history->torn);
        free(history->path);
        free(history->package);
        free(history);
        return NULL;
}

/* ---- The last line ---- */

int history_peek(const struct root *root, const char *package, struct dmig_event **ret)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        char data[PEEK_SIZE], *line;
        struct stat st;
        ssize_t n;

        assert(root);
        assert(package);
        assert(ret);

        dir = history_open_dir(root, package);
        fd = dir < 0 ? dir : history_open_file(dir, HISTORY_READ);
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
        return history_line_parse(&(struct history_line){ package, line, (size_t)(data + n - 1 - line) }, ret, NULL) >=
               0;
}
