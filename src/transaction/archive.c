/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/archive.h"

#include "basic/array.h"
#include "basic/io.h"
#include "fs/beneath.h"
#include "redo/redo-file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <syslog.h>
#include <zlib.h>

#define CUT_SIZE (NAME_MAX - 9) /* leaves room for "-" and 8 digits */

int archive_format_name(const char *run, const char *id, char **ret)
{
        _cleanup_free_ char *name = NULL;
        size_t n;

        assert(run && id && ret);
        if (asprintf(&name, "%s-%s", run, id) < 0)
                return -ENOMEM;
        for (char *p = name; *p; p++)
                if (*p == '/')
                        *p = '-';
        n = strlen(name);
        if (n <= NAME_MAX)
                *ret = TAKE_PTR(name);
        else if (asprintf(ret, "%.*s-%08lx", (int)CUT_SIZE, name, crc32_z(0, (const unsigned char *)name, n)) < 0)
                return -ENOMEM;
        return 0;
}

void archived_done(struct archived *archived)
{
        free(archived->path);
        fd_closep(&archived->dir);
        redo_free(archived->redo);
}

int archived_open(const struct history *history, const char *name, struct archived *ret, struct error *error)
{
        _cleanup_(archived_done) struct archived archived = { .dir = -EBADF };
        _cleanup_free_ char *below = NULL;
        int r;

        assert(history && name && ret);
        if (asprintf(&below, TRANSACTIONS_DIR "/%s", name) < 0 ||
            asprintf(&archived.path, "%s" STATE_DIR "/%s/%s", history->root->path, history->package, below) < 0)
                return -ENOMEM;
        archived.dir = beneath_open(history->dir, below, O_RDONLY | O_DIRECTORY, 0);
        if (archived.dir < 0)
                return archived.dir == -ENOENT ? archived.dir
                                               : error_errnof(error, archived.dir, "can't open %s", archived.path);
        r = redo_read(&(const struct redo_file){ .dir = archived.dir, .name = REDO_FILE, .path = archived.path },
                      &archived.redo, error);
        if (r < 0)
                return r;
        *ret = archived;
        archived = (struct archived){ .dir = -EBADF };
        return 0;
}

/* ---- Lists ---- */

void archive_done(struct archive *list)
{
        for (size_t i = 0; i < list->n; i++)
                archived_done(&list->items[i]);
        free(list->items);
}

static int archive_add(const struct history *history, const char *name, struct archive *list, struct error *error)
{
        struct archived *grown = array_grow(list->items, list->n, sizeof(*grown));
        int r;

        if (!grown)
                return -ENOMEM;
        list->items = grown;
        r = archived_open(history, name, &grown[list->n], error);
        if (r < 0)
                return r == -ENOENT ? 0 : r; /* a transaction without a log isn't complete */
        list->n++;
        return 0;
}

/* Returns: 1, 0 if there is no such file or @transaction is no directory (any more), or a negative errno. */
static int archive_has_file(int dir, const char *transaction, const char *name)
{
        _cleanup_close_ int fd = beneath_open(dir, transaction, O_PATH | O_DIRECTORY, 0);

        if (fd < 0)
                return beneath_is_nowhere(fd) ? 0 : fd;
        if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return 1;
        return errno == ENOENT ? 0 : -errno;
}

static int archived_compare(const void *a, const void *b)
{
        int64_t x = ((const struct archived *)a)->redo->position, y = ((const struct archived *)b)->redo->position;

        return x < y ? 1 : -(x > y);
}

/* @action: what can't be done with TRANSACTIONS_DIR. */
static int archive_explain(const struct history *history, const char *action, int r, struct error *error)
{
        return error_errnof(error, r, "can't %s %s" STATE_DIR "/%s/" TRANSACTIONS_DIR, action, history->root->path,
                            history->package);
}

static bool archive_search_wants(const struct archive_search *search, const char *entry)
{
        const char *rest = search->except ? str_startswith(entry, search->except) : NULL;

        return entry[0] != '.' && !(rest && *rest == '-');
}

int archive_read(const struct archive_search *search, struct archive *ret, struct error *error)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        const struct history *history = search->history;
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        assert(search->name && ret);
        r = history->dir < 0 ? -ENOENT : beneath_open_entries(history->dir, TRANSACTIONS_DIR, &dir);
        if (r == -ENOENT) {
                *ret = (struct archive){ 0 };
                return 0;
        }
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                r = archive_search_wants(search, entry->d_name)
                            ? archive_has_file(dirfd(dir), entry->d_name, search->name)
                            : 0;
                if (r > 0)
                        r = archive_add(history, entry->d_name, &list, error);
        }
        if (r < 0)
                return error && error->code ? r : archive_explain(history, "read", r, error);
        if (list.n > 0)
                qsort(list.items, list.n, sizeof(*list.items), archived_compare);
        *ret = list;
        list = (struct archive){ 0 };
        return 0;
}

int archive_read_undoable(struct dmig *ctx, const struct archive_search *search, struct archive *ret,
                          struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r = archive_read(search, ret, &reason);

        if (r == -EBADMSG) {
                context_log(ctx, LOG_WARNING, search->history->package, "nothing can be undone: %s",
                            error_text(&reason));
                *ret = (struct archive){ 0 };
                return 0;
        }
        if (r < 0) {
                error_complete(&reason, r);
                return error_setf(error, r, "%s", error_text(&reason));
        }
        return 0;
}

void archive_narrow(struct archive *list, const struct history_state *state)
{
        size_t n = 0;

        assert(list && state);
        for (size_t i = 0; i < list->n; i++) {
                struct archived *archived = &list->items[i];

                if (history_state_is_applied(state, archived->redo->id) &&
                    (n == 0 || archived->redo->upgrade == list->items[0].redo->upgrade))
                        list->items[n++] = *archived;
                else
                        archived_done(archived);
        }
        list->n = n;
}

int archived_measure(const struct archived *archived, uint64_t *bytes, struct error *error)
{
        uint64_t own;
        int r;

        assert(archived && archived->dir >= 0 && bytes);
        r = beneath_measure(archived->dir, SLOTS_DIR, &own);
        if (r == -ENOENT || r == -ESTALE)
                return -ENOENT;
        if (r == -EACCES)
                return 0;
        if (r < 0)
                return error_errnof(error, r, "can't measure %s/" SLOTS_DIR, archived->path);
        *bytes += own;
        return 0;
}

/* ---- Forgetting ---- */

#define FORGOTTEN_DIR "forgotten"

/* Adds to @bytes the space that is freed. Returns: 1, 0 if it isn't there, or a negative errno. */
static int archived_remove_dir(int dir, const char *name, uint64_t *bytes)
{
        uint64_t own;
        int r;

        r = beneath_measure(dir, name, &own);
        if (r >= 0)
                r = beneath_remove(dir, name);
        if (r >= 0)
                *bytes += own;
        return r >= 0 ? 1 : r == -ENOENT ? 0 : r;
}

static int archived_sweep(int dir, uint64_t *bytes)
{
        return archived_remove_dir(dir, FORGOTTEN_DIR, bytes);
}

/* Removes all slots at once, since an undo takes a missing slot to mean that no file existed before. */
static int archived_retire(int dir)
{
        if (renameat(dir, SLOTS_DIR, dir, FORGOTTEN_DIR) < 0)
                return -errno;
        return fsync(dir) < 0 ? -errno : 0;
}

/* Returns: as archived_remove_dir(). */
static int archived_forget_slots(int dir, uint64_t *bytes)
{
        int swept, r;

        r = swept = archived_sweep(dir, bytes);
        if (r >= 0)
                r = archived_retire(dir);
        if (r == -EXDEV) /* an overlayfs can't rename a directory of its lower layers */
                return archived_remove_dir(dir, SLOTS_DIR, bytes);
        return r >= 0 ? archived_sweep(dir, bytes) : r == -ENOENT ? swept : r;
}

/* Calls @visit with the directory of each transaction. Returns: for how many it returned 1, or a negative errno with @error set. */
static int archive_visit(const struct history *history, int (*visit)(int dir, uint64_t *bytes), uint64_t *bytes,
                         struct error *error)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int n = 0, r;

        r = history->dir < 0 ? -ENOENT : beneath_open_entries(history->dir, TRANSACTIONS_DIR, &dir);
        if (r == -ENOENT)
                return 0;
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                _cleanup_close_ int fd = beneath_open(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY, 0);

                r = fd >= 0 ? visit(fd, bytes) : beneath_is_nowhere(fd) ? 0 : fd;
                n += r > 0;
        }
        return r < 0 ? archive_explain(history, "clean up", r, error) : n;
}

int archived_forget(const struct archived *archived, struct error *error)
{
        uint64_t bytes = 0;
        int r = archived_forget_slots(archived->dir, &bytes);

        return r < 0 ? error_errnof(error, r, "can't remove %s/" SLOTS_DIR, archived->path) : 0;
}

int archive_forget(const struct history *history, uint64_t *bytes, struct error *error)
{
        int n, r;

        assert(history && bytes);
        n = archive_visit(history, archived_forget_slots, bytes, error);
        if (n < 0 || history->dir < 0)
                return n;
        r = archived_remove_dir(history->dir, OVERWRITTEN_DIR, bytes);
        return r < 0 ? archive_explain(history, "clean up", r, error) : n;
}

int archive_sweep(const struct history *history, struct error *error)
{
        uint64_t bytes = 0;
        int r;

        assert(history);
        r = archive_visit(history, archived_sweep, &bytes, error);
        return r < 0 ? r : 0;
}

/* ---- Other operations ---- */

int archived_list_files(const struct archived *archived, struct dmig_files *files)
{
        assert(archived);
        return redo_list_files(archived->redo, files);
}

int archive_purge(const struct history *history, struct error *error)
{
        int r;

        assert(history);
        r = beneath_remove(history->dir, TRANSACTIONS_DIR);
        return r < 0 ? archive_explain(history, "remove", r, error) : 0;
}

struct commit_place archived_place(const struct archived *archived, const struct history *history)
{
        assert(archived && archived->dir >= 0 && history);
        return (struct commit_place){
                .root = history->root,
                .package = history->package,
                .path = archived->path,
                .dir = archived->dir,
        };
}
