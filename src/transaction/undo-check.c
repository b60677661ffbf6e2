/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checks before an undo that all files are as the transaction left them. In: its redo log, and the newer transactions that are undone first.
 * Out: a list of what was changed since, and an error that names the first of it.
 */

#include "basic/clock.h"
#include "basic/io.h"
#include "transaction/undo-look.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

/* ---- Files ---- */

bool stat_is_as_left(const struct stat *left, const struct stat *now)
{
        if (left->st_mode != now->st_mode || left->st_uid != now->st_uid || left->st_gid != now->st_gid)
                return false;
        if (S_ISDIR(left->st_mode))
                return true;
        return time_is_same(left->st_mtim, now->st_mtim) && left->st_rdev == now->st_rdev &&
               (!S_ISREG(left->st_mode) || left->st_size == now->st_size);
}

/* Refuses a file that isn't the transaction's in a directory that it made, since an undo would remove it. */
static int checker_check_entry(struct checker *c, size_t area, const char *path)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        int r;

        if (changes_find(&c->archived->redo->changes, area, path))
                return 0;
        r = checker_look(c, area, path, &now);
        return r > 0 ? checker_note(c, &(const struct finding){ area, path, FATE_MADE, &now.st, false }) : r;
}

static int checker_check_entries(struct checker *c, const struct change *change)
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
static int checker_check_new_path(struct checker *c, const struct change *change)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        int r;

        r = checker_look(c, change->area, change->path, &now);
        if (r < 0)
                return r;
        if (r == 0)
                return checker_note(c,
                                    &(const struct finding){ change->area, change->path, FATE_REMOVED, NULL, false });
        if (!stat_is_as_left(&change->after, &now.st))
                return checker_note(
                        c, &(const struct finding){ change->area, change->path, FATE_CHANGED, &now.st, false });
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

static int checker_refuse_way(const struct checker *c, size_t area, const char *path, int r)
{
        _cleanup_free_ char *whole = NULL;

        if (redo_format_path(c->archived->redo, area, path, &whole) < 0)
                return -ENOMEM;
        return error_setf(c->error, r, "can't put back %s%s: %s; move away the file that replaces its directory",
                          c->place.root->path, whole, strerror(-r));
}

/*
 * Refuses a path whose directory was replaced by something else, by nobody whose work is undone: --force wouldn't help. A missing directory is
 * made again.
 */
static int checker_check_way(struct checker *c, size_t area, const char *path)
{
        _cleanup_free_ char *prefix = strdup(path);

        for (char *end = prefix; c->n_newer == 0 && end && (end = strchr(end, '/')); *end++ = '/') {
                _cleanup_close_ int fd = -EBADF;
                const struct change *change;
                struct stat st;

                *end = '\0';
                fd = beneath_trail_open(&c->roots[area], prefix, O_PATH | O_NOFOLLOW);
                change = changes_find(&c->archived->redo->changes, area, prefix);
                if (fd < 0 || (change && change->kind != CHANGE_ENTRIES && change->kind != CHANGE_METADATA))
                        return 0;
                if (fstat(fd, &st) < 0)
                        return -errno;
                if (!S_ISDIR(st.st_mode))
                        return checker_refuse_way(c, area, path, S_ISLNK(st.st_mode) ? -ELOOP : -ENOTDIR);
        }
        return prefix ? 0 : -ENOMEM;
}

/* Refuses a new file at the old path of one that was moved or removed, since an undo would overwrite it. */
static int checker_check_old_path(struct checker *c, const struct change *change)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        const char *path = change_old_path(change);
        int r;

        r = checker_look(c, change->area, path, &now);
        if (r == 0)
                return checker_check_way(c, change->area, path);
        if (r < 0 || changes_brought(&c->archived->redo->changes, change->area, path))
                return r < 0 ? r : 0;
        return checker_note(c, &(const struct finding){ change->area, path, FATE_MADE, &now.st, false });
}

/*
 * Whether what the transaction did there has vanished, at a reboot or before it, as is to be expected in that place. Returns: 1, 0, or a
 * negative errno with the error set.
 */
static int checker_has_vanished(struct checker *c, const struct change *change)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        const struct redo *redo = c->archived->redo;
        int r = undo_is_lost(redo, change->area, change->path);

        if (r != 0 || change->kind == CHANGE_REMOVE)
                return r;
        r = undo_is_volatile(redo, change->area, change->path);
        if (r <= 0)
                return r;
        r = checker_look(c, change->area, change->path, &now);
        return r < 0 ? r : r == 0;
}

static int checker_check_change(struct checker *c, const struct change *change)
{
        int r = checker_has_vanished(c, change);

        if (r != 0)
                return r < 0 ? r : 0;
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

static int checker_check_meta(struct checker *c, const struct redo_meta *meta)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        _cleanup_attributes_ struct attributes attributes = { 0 };
        int r;

        if (!meta->before.st.st_mode || !meta->after.st.st_mode || attributes_equal(&meta->before, &meta->after))
                return 0; /* they aren't put back */
        r = undo_is_lost(c->archived->redo, meta->area, meta->path);
        if (r != 0)
                return r < 0 ? r : 0;
        r = checker_look(c, meta->area, meta->path, &now);
        if (r <= 0 || now.fd < 0)
                return r < 0 ? r
                             : 0; /* a newer transaction has changed the file: checker_check_change() has compared it */
        r = attributes_read(now.fd, &attributes);
        if (r < 0)
                return error_errnof(c->error, r, "can't look at %s", meta->path);
        return attributes_equal(&meta->after, &attributes)
                       ? 0
                       : checker_note(c,
                                      &(const struct finding){ meta->area, meta->path, FATE_CHANGED, &now.st, false });
}

/* ---- Mounts ---- */

/*
 * Files put into the directory below a mount point would be hidden once it is mounted again; and if rename(2) can't reach an area, an undo
 * would fail for ever.
 */
static int undo_check_reachable(const struct commit_place *place, const struct redo *redo, size_t i,
                                struct error *error)
{
        const struct redo_area *area = &redo->areas[i];
        _cleanup_close_ int root = root_open_unlinked(place->root, area->path, O_RDONLY | O_DIRECTORY);
        int r, lost;

        if (root < 0)
                return 0; /* undo_check() reports it, or undo_begin() makes it again */
        lost = area->memory ? undo_is_of_earlier_boot(redo) : 0;
        r = lost < 0 ? lost : commit_is_reachable(place, root);
        if (r < 0)
                return error_errnof(error, r, "can't look at %s%s", place->root->path, area->path);
        if (lost > 0)
                return 0; /* nothing is put back there */
        if (area->hold && r > 0)
                return error_setf(
                        error, -ESTALE,
                        "the file system that was mounted on %s%s when %s was applied isn't mounted; mount it, or use --force to put the files into the directory that is there",
                        place->root->path, area->path, redo->id);
        if (!area->hold && r == 0)
                return error_setf(
                        error, -ESTALE,
                        "%s%s is on another mount than %s, which it wasn't when %s was applied, so files can't be moved there; unmount it, and copy new files in it back",
                        place->root->path, area->path, place->path, redo->id);
        return 0;
}

int undo_check_mounts(const struct history *history, const struct archived *archived, bool force, struct error *error)
{
        const struct commit_place place = archived_place(archived, history);
        const struct redo *redo = archived->redo;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++)
                if (redo->areas[i].slots && !(redo->areas[i].hold && force))
                        r = undo_check_reachable(&place, redo, i, error);
        return r;
}

/* ---- The whole ---- */

int undo_check(const struct undo_question *question, struct error *error)
{
        const struct redo *redo = question->archived->redo;
        _cleanup_(checker_done) struct checker c = {
                .archived = question->archived,
                .place = archived_place(question->archived, question->history),
                .since = question->since,
                .error = error,
        };
        int r;

        r = checker_init(&c, question->newer);
        for (size_t i = 0; r >= 0 && i < redo->changes.n; i++)
                r = checker_check_change(&c, &redo->changes.changes[i]);
        for (size_t i = 0; r >= 0 && i < redo->n_metas; i++)
                r = checker_check_meta(&c, &redo->metas[i]);
        if (r >= 0)
                r = checker_check_data(&c);
        return r < 0 ? r : c.found;
}
