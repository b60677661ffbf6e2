/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The writing half of a history. In: events. Out: lines, whole and durable when they have to be, and the state that they make. */

#include "basic/array.h"
#include "basic/io.h"
#include "history/history-feed.h"
#include "history/history-file.h"
#include "history/history-line.h"

#include <fcntl.h>

#define BLOCK_SIZE 4096 /* of most file systems; where it is larger, this does no harm */

/* ---- Creation ---- */

static int history_make_dir(const struct root *root, const char *package)
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
                r = io_sync(base);
        if (r < 0)
                return r;
        parent = openat(base, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return parent < 0 ? -errno : io_sync(parent);
}

static int history_create_file(int dir)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(dir, HISTORY_FILE_NAME, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = history_restrict(fd, 0640);
        if (r >= 0)
                r = io_sync(fd);
        if (r >= 0)
                r = io_sync(dir);
        return r < 0 ? r : TAKE_FD(fd);
}

static int history_create(struct history *history)
{
        int r;

        r = history_make_dir(history->root, history->package);
        if (r < 0)
                return r;
        if (history->dir < 0)
                history->dir = history_open_dir(history->root, history->package);
        history->fd = history->dir < 0 ? history->dir : history_create_file(history->dir);
        return history->fd < 0 ? history->fd : 0;
}

/* ---- Lines ---- */

/*
 * Makes the file durable up to @end. If that fails, it is as it was when it was durable last; then lines that the state has may be gone, and
 * nothing can be appended any more.
 */
static int history_sync(struct history *history, off_t end, struct error *error)
{
        bool whole;
        int r;

        if (fdatasync(history->fd) >= 0) {
                history->durable = end;
                history->inherited = false;
                return 0;
        }
        r = -errno;
        whole = ftruncate(history->fd, history->durable) == 0;
        if (history->size > history->durable)
                history->failure = r;
        history->size = history->durable;
        return error_errnof(error, r, "can't write %s%s", history->path,
                            whole ? "" : " (the next run may find lines that weren't acknowledged)");
}

/*
 * Whether the lines that aren't durable would share one block of the file system with the next @size bytes. A power cut may leave of two blocks
 * the second one alone, so that a line in the middle couldn't be read.
 */
static bool history_fits_block(const struct history *history, size_t size)
{
        struct stat st;
        off_t block;

        if (fstat(history->fd, &st) < 0)
                return false;
        block = st.st_blksize > 0 && st.st_blksize < BLOCK_SIZE ? st.st_blksize : BLOCK_SIZE;
        return history->durable / block == (history->size + (off_t)size - 1) / block;
}

/* Writes a line. Returns: its length, or a negative errno with @error set; then the file is as it was. */
static ssize_t history_put(struct history *history, const struct dmig_event *event, struct error *error)
{
        _cleanup_free_ char *line = NULL;
        size_t size;
        int r;

        if (history->failure < 0)
                return error_errnof(error, history->failure, "can't write %s", history->path);
        r = history->fd < 0 ? history_create(history) : 0;
        if (r < 0)
                return error_errnof(error, r, "can't create %s", history->path);
        r = history_line_format(event, &line, &size);
        if (r >= 0 && history->size > history->durable && !history_fits_block(history, size))
                r = history_sync(history, history->size, error);
        if (r < 0)
                return r;
        r = io_write_all(history->fd, line, size);
        if (r < 0) {
                /* If the part of a line can't be removed either, the next run sets it aside. */
                bool whole = ftruncate(history->fd, history->size) == 0;

                return error_errnof(error, r, "can't write %s%s", history->path,
                                    whole ? "" : " (the next run sets aside the incomplete line)");
        }
        return (ssize_t)size;
}

int history_append(struct history *history, const struct dmig_event *event, struct error *error)
{
        ssize_t size;
        int r;

        assert(history);
        assert(event);

        size = history_put(history, event, error);
        r = size < 0 ? (int)size : history_sync(history, history->size + size, error);
        if (r < 0)
                return r;
        history->size += size;
        return history_feed(&history->state, event, error);
}

int history_append_later(struct history *history, struct dmig_event **event, struct error *error)
{
        struct dmig_event **grown;
        ssize_t size;
        int r;

        assert(history);
        assert(event && *event);

        grown = array_grow(history->waiting, history->n_waiting, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        history->waiting = grown;
        size = history_put(history, *event, error);
        if (size < 0)
                return (int)size;
        history->size += size;
        r = history_feed(&history->state, *event, error);
        grown[history->n_waiting++] = TAKE_PTR(*event);
        return r;
}

int history_settle(struct history *history, struct error *error)
{
        assert(history);

        if (history->failure < 0)
                return error_errnof(error, history->failure, "can't write %s", history->path);
        if (history->size == history->durable && !history->inherited)
                return 0;
        return history_sync(history, history->size, error);
}
