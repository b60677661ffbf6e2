/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads an upper layer in four steps: walk it, list what was in removed directories, recognise moves and links, and refuse changes that
 * weren't declared or that conflict with those of other processes.
 */

#include "changes/changes-list.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "basic/path.h"
#include "changes/changes-details.h"
#include "changes/changes-links.h"
#include "changes/changes-match.h"
#include "changes/changes-separated.h"
#include "fs/beneath.h"

/* ---- Removed directories ---- */

static int changes_walk_add_removed_entry(struct changes_walk *walk, int dir, const char *name, const char *directory)
{
        struct change change = { .kind = CHANGE_REMOVE, .inner = true };
        _cleanup_free_ char *path = NULL;
        int r;

        r = changes_layer_stat(dir, name, &change.before);
        if (r <= 0)
                return r;
        r = path_join(directory, name, &path);
        if (r < 0 || (S_ISDIR(change.before.st_mode) && changes_layer_was_moved(&walk->layer, path)))
                return r;
        return changes_walk_add(walk, change, path, NULL);
}

/* Adds the entries of the lower directory @path, which was removed. */
static int changes_walk_add_removed_entries(struct changes_walk *walk, const char *path)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_trail_open_entries(&walk->trails.lower, path, &dir);
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0)
                r = changes_walk_add_removed_entry(walk, dirfd(dir), entry->d_name, path);
        return r;
}

static bool change_removes_directory(const struct change *change)
{
        return S_ISDIR(change->before.st_mode) && !S_ISDIR(change->after.st_mode) &&
               (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* Subdirectories are appended to the list, so the loop reaches them later. */
static int changes_walk_add_removed(struct changes_walk *walk, struct error *error)
{
        for (size_t i = 0; i < walk->changes.n; i++) {
                const struct change *change = &walk->changes.changes[i];
                _cleanup_free_ char *path = NULL;
                int r;

                if (!change_removes_directory(change))
                        continue;
                path = strdup(change_old_path(change));
                r = path ? changes_walk_add_removed_entries(walk, path) : -ENOMEM;
                if (r < 0)
                        return changes_explain(walk->request, path ? path : "", r, error);
        }
        return 0;
}

/* ---- The walk ---- */

/* Only the request and the trails of @walk are set. */
static int changes_walk_run(struct changes_walk *walk, struct error *error)
{
        int r;

        mtime_window_init(&walk->window, walk->request->begin);
        r = changes_layer_read(walk->request, &walk->trails, &walk->layer, error);
        for (size_t i = 0; r >= 0 && i < walk->layer.n; i++) {
                r = changes_walk_visit(walk, &walk->layer.dirs[i]);
                if (r < 0)
                        return changes_explain(walk->request, walk->layer.dirs[i].path, r, error);
        }
        return r < 0 ? r : changes_walk_add_removed(walk, error);
}

/* ---- Refused changes ---- */

/*
 * Whether another process changed the file directly since @begin. A time in the future was set before @begin, by a clock that was ahead of
 * today's. In a directory that was moved, or whose attributes changed, it may make
 * and remove entries, which sets ctime and mtime to the same time.
 */
static bool change_has_conflict(const struct change *change, struct timespec begin)
{
        const struct stat *st = &change->before;
        bool stays = change->kind == CHANGE_MOVE || change->kind == CHANGE_METADATA;

        if (change->kind == CHANGE_ENTRIES || !time_is_later(st->st_ctim, begin) || time_is_to_come(st->st_ctim))
                return false;
        return !stays || !S_ISDIR(st->st_mode) || !time_is_same(st->st_ctim, st->st_mtim);
}

/* If another process replaced a directory on the way to what is declared, the migration isn't to blame. */
static bool change_is_declared(const struct changes_request *request, const struct change *change)
{
        bool is_new_directory = change->kind == CHANGE_CREATE && S_ISDIR(change->after.st_mode);

        if (area_allows(request->area, change->path))
                return true;
        return (is_new_directory || change_has_conflict(change, request->begin)) &&
               area_leads_to_declared(request->area, change->path);
}

/* Returns: whether there are any, or a negative errno. */
static int changes_find_undeclared(const struct changes_request *request, const struct changes *changes)
{
        bool found = false;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];
                bool from = change->from && !area_allows(request->area, change->from),
                     to = !change_is_declared(request, change);

                if (change->kind == CHANGE_ENTRIES || !(from || to))
                        continue;
                found = true;
                if (to)
                        r = undeclared_add(request->undeclared, request->area, change->path);
                if (r >= 0 && from)
                        r = undeclared_add(request->undeclared, request->area, change->from);
        }
        return r < 0 ? r : found;
}

static int changes_check_conflicts(const struct changes_request *request, const struct changes *changes,
                                   struct error *error)
{
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *change = &changes->changes[i];
                _cleanup_free_ char *printed = NULL;

                if (!change_has_conflict(change, request->begin))
                        continue;
                if (changes_format_path(request->area, change_old_path(change), &printed) < 0)
                        return -ENOMEM;
                return error_setf(
                        error, -EBUSY,
                        "%s was changed by another process while the migration ran; stop that process, then run the migration again",
                        printed);
        }
        return 0;
}

int changes_read(const struct changes_request *request, struct changes *changes, struct error *error)
{
        _cleanup_(changes_walk_done) struct changes_walk walk = {
                .request = request,
                .trails = { { .dir = request->upper }, { .dir = request->lower } },
        };
        int r;

        assert(request->area && request->undeclared && changes);
        r = changes_walk_run(&walk, error);
        if (r < 0)
                return r;
        changes_links_sort(&walk);
        r = changes_match_moves(&walk, error);
        if (r >= 0)
                r = changes_match_links(&walk);
        if (r >= 0)
                r = changes_walk_add_entries(&walk);
        if (r < 0)
                return r;
        changes_sort(&walk.changes);
        r = changes_find_undeclared(request, &walk.changes);
        if (r != 0)
                return r < 0 ? r : 0;
        r = changes_check_conflicts(request, &walk.changes, error);
        if (r >= 0)
                r = changes_read_details(request, &walk.trails, &walk.changes, error);
        if (r >= 0)
                r = changes_note_separated(request, &walk.changes, error);
        return r < 0 ? r : changes_append(changes, &walk.changes);
}
