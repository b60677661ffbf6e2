/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "undo.h"

#include "below.h"
#include "clock.h"
#include "io.h"
#include "path-text.h"
#include "paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

struct check {
        const struct kept *kept;
        const struct kept_list *newer;
        struct commit_place place;
        int *roots;
        struct error *error;
};

static void check_done(struct check *c)
{
        for (size_t i = 0; c->roots && i < c->kept->redo->n_areas; i++)
                closep(&c->roots[i]);
        free(c->roots);
}

static int format_path(const struct redo *redo, size_t area, const char *path, char **ret)
{
        const char *root = redo->areas[area].path;

        return asprintf(ret, "%s%s%s", root, *path ? "/" : "", path) < 0 ? -ENOMEM : 0;
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
        root = root_open(place->root, area->path, O_RDONLY | O_DIRECTORY);
        if (root < 0)
                return 0; /* that is told elsewhere, or it is made again */
        r = commit_is_reachable(place, root);
        if (r < 0)
                return error_errnof(error, r, "can't look at %s%s", place->root->path, area->path);
        if (area->hold && r > 0)
                return error_setf(
                        error, -ESTALE,
                        "what was mounted on %s%s when %s was applied isn't mounted now: mount it, or --force "
                        "puts the files into what is there instead",
                        place->root->path, area->path, redo->id);
        if (!area->hold && r == 0)
                return error_setf(error, -ESTALE,
                                  "%s%s is another mount than %s now, which it wasn't when %s was applied, so that "
                                  "nothing can be moved there: unmount it, and copy what is new in it back",
                                  place->root->path, area->path, place->path, redo->id);
        return 0;
}

int undo_check_mounts(const struct history *history, const struct kept *kept, bool force, struct error *error)
{
        const struct commit_place place = kept_place(kept, history);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < kept->redo->n_areas; i++)
                r = check_mount(&place, kept->redo, i, force, error);
        return r;
}

/* ---- What is undone before ---- */

static bool meet(const char *a, const char *b)
{
        return path_is_within(a, b) || path_is_within(b, a);
}

/* Returns: 1 where @redo has to do with @path, 0 where not, or -ENOMEM. */
static int touches(const struct redo *redo, const char *path)
{
        for (size_t i = 0; i < redo->changes.n; i++) {
                const struct change *change = &redo->changes.changes[i];
                _cleanup_free_ char *to = NULL, *from = NULL;

                if (format_path(redo, change->area, change->path, &to) < 0 ||
                    format_path(redo, change->area, change_old_path(change), &from) < 0)
                        return -ENOMEM;
                if (change->kind != CHANGE_ENTRIES && (meet(to, path) || meet(from, path)))
                        return 1;
        }
        return 0;
}

/* Of what looks changed: unless somebody newer has changed it, whose own undo comes first. */
static int refuse(const struct check *c, size_t area, const char *path, const char *what)
{
        _cleanup_free_ char *whole = NULL, *text = NULL;
        int r;

        r = format_path(c->kept->redo, area, path, &whole);
        for (size_t i = 0; r == 0 && i < c->newer->n; i++)
                r = touches(c->newer->kept[i].redo, whole);
        if (r != 0)
                return r < 0 ? r : 0;
        r = path_escape(whole, &text);
        return r < 0 ? r
                     : error_setf(c->error, -ESTALE, "%s%s %s since %s was applied: --force overwrites it",
                                  c->place.root->path, text, what, c->kept->redo->id);
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

/* Returns: 1 where the file is there, 0 where it isn't, or a negative errno with the error set. */
static int look(const struct check *c, size_t area, const char *path, struct stat *ret)
{
        _cleanup_close_ int fd = below_open(c->roots[area], path, O_PATH | O_NOFOLLOW, 0);

        if (below_is_nowhere(fd))
                return 0;
        if (fd == -EXDEV)
                return error_setf(c->error, -ESTALE,
                                  "%s%s/%s lies on what was mounted since %s was applied: unmount it",
                                  c->place.root->path, c->kept->redo->areas[area].path, path, c->kept->redo->id);
        if (fd < 0 || fstat(fd, ret) < 0)
                return error_errnof(c->error, fd < 0 ? fd : -errno, "can't look at %s", path);
        return 1;
}

/* What somebody put into a directory that we made would be gone with it. */
static int check_directory(const struct check *c, const struct change *change)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = below_open_entries(c->roots[change->area], change->path, &dir);
        while (r >= 0 && (r = below_next(dir, &entry)) > 0) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", change->path, entry->d_name) < 0)
                        return -ENOMEM;
                if (!changes_find(&c->kept->redo->changes, change->area, path))
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

        r = look(c, change->area, change->path, &now);
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

        r = look(c, change->area, path, &now);
        if (r <= 0 || is_ours(&c->kept->redo->changes, change->area, path))
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
        int r;

        if (!meta->before.st.st_mode || !meta->after.st.st_mode || attributes_equal(&meta->before, &meta->after))
                return 0; /* they aren't put back */
        fd = below_open(c->roots[meta->area], meta->path, O_PATH | O_NOFOLLOW, 0);
        r = fd < 0 ? fd : attributes_read(fd, &now);
        if (r < 0 && !below_is_nowhere(r))
                return error_errnof(c->error, r, "can't look at %s", meta->path);
        return r < 0 || attributes_equal(&meta->after, &now) ? 0 : refuse(c, meta->area, meta->path, "was changed");
}

int undo_check(const struct history *history, const struct kept *kept, const struct kept_list *newer,
               struct error *error)
{
        const struct redo *redo = kept->redo;
        _cleanup_(check_done) struct check c = {
                .kept = kept,
                .newer = newer,
                .place = kept_place(kept, history),
                .roots = malloc((redo->n_areas + 1) * sizeof(int)),
                .error = error,
        };
        int r = 0;

        if (!c.roots)
                return -ENOMEM;
        for (size_t i = 0; i < redo->n_areas; i++)
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
