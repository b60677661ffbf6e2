/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checks before an undo that all files are as the transaction left them. In: its redo log, and the newer transactions that are undone first.
 * Out: nothing, or an error that names the first file that was changed since.
 */

#include "basic/clock.h"
#include "basic/io.h"
#include "basic/path-escape.h"
#include "fs/beneath-trail.h"
#include "transaction/undo-before.h"
#include "transaction/undo.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

struct checker {
        const struct archived *archived;
        struct undo_before *newer; /* newest first */
        size_t n_newer;
        struct commit_place place;
        struct beneath_trail *roots; /* one an area */
        struct error *error;
};

static void checker_close_root(struct beneath_trail *root)
{
        beneath_trail_done(root);
        fd_closep(&root->dir);
}

static void checker_done(struct checker *c)
{
        for (size_t i = 0; c->roots && i < c->archived->redo->n_areas; i++)
                checker_close_root(&c->roots[i]);
        free(c->roots);
        for (size_t i = 0; c->newer && i < c->n_newer; i++)
                undo_before_done(&c->newer[i]);
        free(c->newer);
}

/* @what: "was changed" and the like. */
static int checker_refuse(const struct checker *c, size_t area, const char *path, const char *what)
{
        _cleanup_free_ char *whole = NULL, *text = NULL;
        int r;

        r = redo_format_path(c->archived->redo, area, path, &whole);
        if (r >= 0)
                r = path_escape(whole, &text);
        return r < 0 ? r
                     : error_setf(c->error, -ESTALE, "%s%s %s after %s was applied; use --force to overwrite it",
                                  c->place.root->path, text, what, c->archived->redo->id);
}

/* ---- Finding files ---- */

/* A file as it will be once the newer transactions are undone. */
struct sighting {
        struct stat st;
        int fd; /* O_PATH; -EBADF if it can't be opened yet */
};

static void sighting_done(struct sighting *sighting)
{
        fd_closep(&sighting->fd);
}

/* Finds what the undo of the newer transactions will make of the file. Returns: as undo_before_look(). */
static int checker_look_before(const struct checker *c, char **path, struct stat *ret)
{
        int r = -EAGAIN;

        for (size_t i = c->n_newer; r == -EAGAIN && i-- > 0;)
                r = undo_before_look(&c->newer[i], path, ret);
        return r;
}

/* @whole: the absolute path to which the newer transactions have moved the file. Returns: an O_PATH descriptor, or a negative errno. */
static int checker_open(const struct checker *c, size_t area, const char *path, const char *whole)
{
        _cleanup_free_ char *unmoved = NULL;
        int r = redo_format_path(c->archived->redo, area, path, &unmoved);

        if (r < 0)
                return r;
        return streq(unmoved, whole) ? beneath_trail_open(&c->roots[area], path, O_PATH | O_NOFOLLOW)
                                     : root_open_unlinked(c->place.root, whole, O_PATH | O_NOFOLLOW);
}

/* Returns: 1 with @ret, 0 if there is no file, or a negative errno with the error set. */
static int checker_look(const struct checker *c, size_t area, const char *path, struct sighting *ret)
{
        const struct redo *redo = c->archived->redo;
        _cleanup_free_ char *whole = NULL;
        int r;

        ret->fd = -EBADF;
        r = redo_format_path(redo, area, path, &whole);
        if (r >= 0)
                r = checker_look_before(c, &whole, &ret->st);
        if (r == -EAGAIN) {
                ret->fd = checker_open(c, area, path, whole);
                r = beneath_is_nowhere(ret->fd) ? 0 : ret->fd < 0 ? ret->fd : fstat(ret->fd, &ret->st) < 0 ? -errno : 1;
        }
        if (r == -EXDEV)
                return error_setf(c->error, -ESTALE,
                                  "%s%s is on a file system that was mounted after %s was applied; unmount it",
                                  c->place.root->path, whole, redo->id);
        if (r < 0)
                return error_errnof(c->error, r, "can't look at %s", whole ? whole : path);
        return r;
}

/* ---- Files ---- */

/* The entries of a directory are checked by themselves. */
static bool stat_is_as_left(const struct stat *left, const struct stat *now)
{
        if (left->st_mode != now->st_mode || left->st_uid != now->st_uid || left->st_gid != now->st_gid)
                return false;
        if (S_ISDIR(left->st_mode))
                return true;
        return time_is_same(left->st_mtim, now->st_mtim) && left->st_rdev == now->st_rdev &&
               (!S_ISREG(left->st_mode) || left->st_size == now->st_size);
}

/* Refuses a file that isn't the transaction's in a directory that it made, since an undo would remove it. */
static int checker_check_entry(const struct checker *c, size_t area, const char *path)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        int r;

        if (changes_find(&c->archived->redo->changes, area, path))
                return 0;
        r = checker_look(c, area, path, &now);
        return r > 0 ? checker_refuse(c, area, path, "was made") : r;
}

static int checker_check_entries(const struct checker *c, const struct change *change)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_trail_open_entries(&c->roots[change->area], change->path, &dir);
        if (beneath_is_nowhere(r))
                return 0; /* a newer transaction has moved or removed it */
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", change->path, entry->d_name) < 0)
                        return -ENOMEM;
                r = checker_check_entry(c, change->area, path);
        }
        return r;
}

static bool change_makes_directory(const struct change *change)
{
        return S_ISDIR(change->after.st_mode) && (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE);
}

/* Checks the file at its new path. */
static int checker_check_new_path(const struct checker *c, const struct change *change)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        int r;

        r = checker_look(c, change->area, change->path, &now);
        if (r < 0)
                return r;
        if (r == 0)
                return checker_refuse(c, change->area, change->path, "was removed");
        if (!stat_is_as_left(&change->after, &now.st))
                return checker_refuse(c, change->area, change->path, "was changed");
        return change_makes_directory(change) ? checker_check_entries(c, change) : 0;
}

/* Whether the transaction itself brought the file to @path, alone or in a directory that it moved. */
static bool changes_brought(const struct changes *changes, size_t area, const char *path)
{
        _cleanup_free_ char *prefix = strdup(path);
        bool whole = true;

        for (char *end = prefix ? prefix + strlen(prefix) : NULL; end; end = strrchr(prefix, '/'), whole = false) {
                const struct change *change;

                *end = '\0';
                change = changes_find(changes, area, prefix);
                for (; change && change < changes->changes + changes->n && change->area == area &&
                       streq(change->path, prefix);
                     change++)
                        if (change->kind == CHANGE_MOVE || (whole && change->kind != CHANGE_REMOVE))
                                return true;
        }
        return false;
}

/* Refuses a new file at the old path of one that was moved or removed, since an undo would overwrite it. */
static int checker_check_old_path(const struct checker *c, const struct change *change)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        const char *path = change_old_path(change);
        int r;

        r = checker_look(c, change->area, path, &now);
        if (r <= 0 || changes_brought(&c->archived->redo->changes, change->area, path))
                return r < 0 ? r : 0;
        return checker_refuse(c, change->area, path, "was made");
}

static int checker_check_change(const struct checker *c, const struct change *change)
{
        int r;

        switch (change->kind) {
        case CHANGE_ENTRIES:
                return change->inner ? checker_check_new_path(c, change) : 0;
        case CHANGE_REMOVE:
                return change->inner ? 0 : checker_check_old_path(c, change);
        case CHANGE_MOVE:
                r = checker_check_old_path(c, change);
                return r < 0 ? r : checker_check_new_path(c, change);
        default:
                return checker_check_new_path(c, change);
        }
}

/* ---- Attributes ---- */

static int checker_check_meta(const struct checker *c, const struct redo_meta *meta)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        _cleanup_attributes_ struct attributes attributes = { 0 };
        int r;

        if (!meta->before.st.st_mode || !meta->after.st.st_mode || attributes_equal(&meta->before, &meta->after))
                return 0; /* they aren't put back */
        r = checker_look(c, meta->area, meta->path, &now);
        if (r <= 0 || now.fd < 0)
                return r < 0 ? r
                             : 0; /* a newer transaction has changed the file: checker_check_change() has compared it */
        r = attributes_read(now.fd, &attributes);
        if (r < 0)
                return error_errnof(c->error, r, "can't look at %s", meta->path);
        return attributes_equal(&meta->after, &attributes) ? 0
                                                           : checker_refuse(c, meta->area, meta->path, "was changed");
}

/* ---- The whole ---- */

static int checker_open_roots(struct checker *c)
{
        const struct redo *redo = c->archived->redo;
        const char *root = c->place.root->path;

        for (size_t i = 0; i < redo->n_areas; i++) {
                const char *path = redo->areas[i].path;
                int fd = root_open_unlinked(c->place.root, path, O_RDONLY | O_DIRECTORY);

                if (fd == -ENOENT)
                        return error_setf(c->error, -ESTALE,
                                          "%s%s was removed after %s was applied; use --force to make it again", root,
                                          path, redo->id);
                if (fd < 0)
                        return error_errnof(c->error, fd, "can't open %s%s", root, path);
                c->roots[i].dir = fd;
        }
        return 0;
}

static int checker_init(struct checker *c, const struct archive *newer)
{
        size_t n = c->archived->redo->n_areas;
        int r = 0;

        c->roots = calloc(n + 1, sizeof(*c->roots));
        c->newer = calloc(newer->n + 1, sizeof(*c->newer));
        c->n_newer = newer->n;
        for (size_t i = 0; c->roots && i < n; i++)
                c->roots[i].dir = -EBADF;
        if (!c->roots || !c->newer)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < newer->n; i++)
                r = undo_before_init(&c->newer[i], &newer->items[i]);
        return r < 0 ? r : checker_open_roots(c);
}

int undo_check(const struct history *history, const struct archived *archived, const struct archive *newer,
               struct error *error)
{
        const struct redo *redo = archived->redo;
        _cleanup_(checker_done) struct checker c = {
                .archived = archived,
                .place = archived_place(archived, history),
                .error = error,
        };
        int r;

        r = checker_init(&c, newer);
        for (size_t i = 0; r >= 0 && i < redo->changes.n; i++)
                r = checker_check_change(&c, &redo->changes.changes[i]);
        for (size_t i = 0; r >= 0 && i < redo->n_metas; i++)
                r = checker_check_meta(&c, &redo->metas[i]);
        return r;
}
