/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo-before.h"
#include "transaction/undo.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "basic/path-escape.h"
#include "basic/path.h"
#include "fs/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

struct check {
        const struct archived *archived;
        struct undo_before *newer; /* newest first */
        size_t n_newer;
        struct commit_place place;
        int *roots;
        struct error *error;
};

static void check_done(struct check *c)
{
        for (size_t i = 0; c->roots && i < c->archived->redo->n_areas; i++)
                fd_closep(&c->roots[i]);
        free(c->roots);
        for (size_t i = 0; c->newer && i < c->n_newer; i++)
                undo_before_done(&c->newer[i]);
        free(c->newer);
}

/* ---- Mounts ---- */

/* What was put into the directory below a mount point would be hidden; and where no rename(2) leads, an undo would never end. */
static int check_mount(const struct commit_place *place, const struct redo *redo, size_t i, bool force,
                       struct error *error)
{
        const struct redo_area *area = &redo->areas[i];
        _cleanup_close_ int root = -EBADF;
        int r;

        if (!area->slots || (area->hold && force))
                return 0;
        root = root_open_unlinked(place->root, area->path, O_RDONLY | O_DIRECTORY);
        if (root < 0)
                return 0; /* that is told elsewhere, or it is made again */
        r = commit_is_reachable(place, root);
        if (r < 0)
                return error_errnof(error, r, "can't look at %s%s", place->root->path, area->path);
        if (area->hold && r > 0)
                return error_setf(
                        error, -ESTALE,
                        "what was mounted on %s%s when %s was applied isn't mounted now: mount it, or --force puts the files into what is there instead",
                        place->root->path, area->path, redo->id);
        if (!area->hold && r == 0)
                return error_setf(
                        error, -ESTALE,
                        "%s%s is another mount than %s now, which it wasn't when %s was applied, so that nothing can be moved there: unmount it, and copy what is new in it back",
                        place->root->path, area->path, place->path, redo->id);
        return 0;
}

int undo_check_mounts(const struct history *history, const struct archived *archived, bool force, struct error *error)
{
        const struct commit_place place = archived_place(archived, history);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < archived->redo->n_areas; i++)
                r = check_mount(&place, archived->redo, i, force, error);
        return r;
}

static int refuse(const struct check *c, size_t area, const char *path, const char *what)
{
        _cleanup_free_ char *whole = NULL, *text = NULL;
        int r;

        r = undo_before_format_path(c->archived->redo, area, path, &whole);
        if (r >= 0)
                r = path_escape(whole, &text);
        return r < 0 ? r
                     : error_setf(c->error, -ESTALE, "%s%s %s since %s was applied: --force overwrites it",
                                  c->place.root->path, text, what, c->archived->redo->id);
}

/* ---- Files ---- */

/* What is in a directory is looked at by itself. */
static bool is_as_left(const struct stat *left, const struct stat *now)
{
        if (left->st_mode != now->st_mode || left->st_uid != now->st_uid || left->st_gid != now->st_gid)
                return false;
        if (S_ISDIR(left->st_mode))
                return true;
        return time_is_same(left->st_mtim, now->st_mtim) && left->st_rdev == now->st_rdev &&
               (!S_ISREG(left->st_mode) || left->st_size == now->st_size);
}

/* What those that are undone before will make of it. Returns: 1, 0, -EAGAIN, as undo_before_look(), or another negative errno. */
static int look_back(const struct check *c, char **path, struct stat *ret)
{
        int r = -EAGAIN;

        for (size_t i = c->n_newer; r == -EAGAIN && i-- > 0;)
                r = undo_before_look(&c->newer[i], path, ret);
        return r;
}

/* O_PATH; where those have moved it to, unless @path is where it was. */
static int open_now(const struct check *c, size_t area, const char *path, const char *whole)
{
        _cleanup_free_ char *same = NULL;
        int r = undo_before_format_path(c->archived->redo, area, path, &same);

        if (r < 0)
                return r;
        return streq(same, whole) ? beneath_open(c->roots[area], path, O_PATH | O_NOFOLLOW, 0)
                                  : root_open_unlinked(c->place.root, whole, O_PATH | O_NOFOLLOW);
}

/*
 * Looks at the file, as it will be when the newer transactions are undone. Returns: 1 where it is there, with @ret_fd where it can be
 * opened now, else -EBADF; 0 where it isn't, or a negative errno with the error set.
 */
static int look(const struct check *c, size_t area, const char *path, struct stat *ret, int *ret_fd)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *whole = NULL;
        int r;

        r = undo_before_format_path(c->archived->redo, area, path, &whole);
        if (r >= 0)
                r = look_back(c, &whole, ret);
        if (r == -EAGAIN) {
                fd = open_now(c, area, path, whole);
                r = beneath_is_nowhere(fd) ? 0 : fd < 0 ? fd : fstat(fd, ret) < 0 ? -errno : 1;
        }
        if (r == -EXDEV)
                return error_setf(
                        c->error, -ESTALE, "%s%s/%s lies on what was mounted since %s was applied: unmount it",
                        c->place.root->path, c->archived->redo->areas[area].path, path, c->archived->redo->id);
        if (r < 0)
                return error_errnof(c->error, r, "can't look at %s", path);
        if (ret_fd)
                *ret_fd = TAKE_FD(fd);
        return r;
}

/* What somebody put into a directory that we made would be gone with it. */
static int check_directory(const struct check *c, const struct change *change)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(c->roots[change->area], change->path, &dir);
        if (beneath_is_nowhere(r))
                return 0; /* a newer one has moved or removed it */
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                _cleanup_free_ char *path = NULL;
                struct stat now;

                if (asprintf(&path, "%s/%s", change->path, entry->d_name) < 0)
                        return -ENOMEM;
                if (!changes_find(&c->archived->redo->changes, change->area, path))
                        r = look(c, change->area, path, &now, NULL);
                else
                        r = 0;
                if (r > 0)
                        r = refuse(c, change->area, path, "was made");
        }
        return r;
}

static bool is_new_directory(const struct change *change)
{
        return S_ISDIR(change->after.st_mode) && (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE);
}

static int check_left(const struct check *c, const struct change *change)
{
        struct stat now;
        int r;

        r = look(c, change->area, change->path, &now, NULL);
        if (r < 0)
                return r;
        if (r == 0)
                return refuse(c, change->area, change->path, "was removed");
        if (!is_as_left(&change->after, &now))
                return refuse(c, change->area, change->path, "was changed");
        return is_new_directory(change) ? check_directory(c, change) : 0;
}

/* Whether what is at @path came there by the transaction itself, alone or in a directory that was moved. */
static bool is_ours(const struct changes *changes, size_t area, const char *path)
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

/* Where something was before, something else would be overwritten. */
static int check_old_place(const struct check *c, const struct change *change)
{
        const char *path = change_old_path(change);
        struct stat now;
        int r;

        r = look(c, change->area, path, &now, NULL);
        if (r <= 0 || is_ours(&c->archived->redo->changes, change->area, path))
                return r < 0 ? r : 0;
        return refuse(c, change->area, path, "was made");
}

static int check_change(const struct check *c, const struct change *change)
{
        int r;

        switch (change->kind) {
        case CHANGE_ENTRIES:
                return change->inner ? check_left(c, change) : 0;
        case CHANGE_REMOVE:
                return change->inner ? 0 : check_old_place(c, change);
        case CHANGE_MOVE:
                r = check_old_place(c, change);
                return r < 0 ? r : check_left(c, change);
        default:
                return check_left(c, change);
        }
}

/* ---- Attributes ---- */

static int check_meta(const struct check *c, const struct redo_meta *meta)
{
        _cleanup_attributes_ struct attributes now = { 0 };
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (!meta->before.st.st_mode || !meta->after.st.st_mode || attributes_equal(&meta->before, &meta->after))
                return 0; /* they aren't put back */
        r = look(c, meta->area, meta->path, &st, &fd);
        if (r <= 0 || fd < 0)
                return r < 0 ? r : 0; /* what a newer one noted of it was compared with its change */
        r = attributes_read(fd, &now);
        if (r < 0)
                return error_errnof(c->error, r, "can't look at %s", meta->path);
        return attributes_equal(&meta->after, &now) ? 0 : refuse(c, meta->area, meta->path, "was changed");
}

int undo_check(const struct history *history, const struct archived *archived, const struct archive *newer,
               struct error *error)
{
        const struct redo *redo = archived->redo;
        _cleanup_(check_done) struct check c = {
                .archived = archived,
                .newer = calloc(newer->n + 1, sizeof(*c.newer)),
                .n_newer = newer->n,
                .place = archived_place(archived, history),
                .roots = malloc((redo->n_areas + 1) * sizeof(int)),
                .error = error,
        };
        int r = 0;

        for (size_t i = 0; c.roots && i < redo->n_areas; i++)
                c.roots[i] = -EBADF;
        if (!c.roots || !c.newer)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < newer->n; i++)
                r = undo_before_init(&c.newer[i], &newer->items[i]);
        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++)
                c.roots[i] = root_open_unlinked(history->root, redo->areas[i].path, O_RDONLY | O_DIRECTORY);
        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++)
                if (c.roots[i] == -ENOENT)
                        r = error_setf(error, -ESTALE, "%s%s was removed since %s was applied: --force makes it again",
                                       history->root->path, redo->areas[i].path, redo->id);
                else if (c.roots[i] < 0)
                        r = error_errnof(error, c.roots[i], "can't open %s%s", history->root->path,
                                         redo->areas[i].path);
        for (size_t i = 0; r >= 0 && i < redo->changes.n; i++)
                r = check_change(&c, &redo->changes.changes[i]);
        for (size_t i = 0; r >= 0 && i < redo->n_metas; i++)
                r = check_meta(&c, &redo->metas[i]);
        return r;
}
