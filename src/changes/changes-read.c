/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps: the upper layer is walked, moves and links are recognised, then it is seen whether all of it may be. */

#include "changes/changes-list.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "changes/changes-match.h"
#include "fs/beneath.h"

/* ---- Removed directories ---- */

static int add_lost(struct changes_walk *walk, int dir, const char *name, const char *directory)
{
        struct change change = { .kind = CHANGE_REMOVE, .inner = true };
        _cleanup_free_ char *path = NULL;
        int r;

        r = changes_layer_stat(dir, name, &change.before);
        if (r <= 0)
                return r;
        r = changes_layer_join(directory, name, &path);
        if (r < 0 || (S_ISDIR(change.before.st_mode) && changes_layer_was_moved(&walk->layer, path)))
                return r;
        return changes_walk_add(walk, change, path, NULL);
}

/* What was in the directory that the change removed. */
static int add_content(struct changes_walk *walk, const char *path)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(walk->request->lower, path, &dir);
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0)
                r = add_lost(walk, dirfd(dir), entry->d_name, path);
        return r;
}

static bool removes_directory(const struct change *change)
{
        return S_ISDIR(change->before.st_mode) && !S_ISDIR(change->after.st_mode) &&
               (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* Directories among what is found come behind, and have their turn. */
static int add_contents(struct changes_walk *walk, struct error *error)
{
        for (size_t i = 0; i < walk->changes.n; i++) {
                const struct change *change = &walk->changes.changes[i];
                _cleanup_free_ char *path = NULL;
                int r;

                if (!removes_directory(change))
                        continue;
                path = strdup(change_old_path(change));
                r = path ? add_content(walk, path) : -ENOMEM;
                if (r < 0)
                        return changes_failed(walk->request, path ? path : "", r, error);
        }
        return 0;
}

/* ---- The walk ---- */

/* @ret has its request. */
static int walk_run(struct changes_walk *ret, struct error *error)
{
        int r;

        window_init(&ret->window, ret->request->begin);
        r = changes_layer_read(ret->request, &ret->layer, error);
        for (size_t i = 0; r >= 0 && i < ret->layer.n; i++) {
                r = changes_walk_visit(ret, &ret->layer.dirs[i]);
                if (r < 0)
                        return changes_failed(ret->request, ret->layer.dirs[i].path, r, error);
        }
        return r < 0 ? r : add_contents(ret, error);
}

/* ---- What may not be ---- */

/* What of the change was not declared; NULL where nothing is wrong. */
static const char *find_undeclared(const struct area *area, const struct change *change)
{
        bool is_new_directory = change->kind == CHANGE_CREATE && S_ISDIR(change->after.st_mode);

        if (change->kind == CHANGE_ENTRIES)
                return NULL;
        if (!area_allows(area, change->path) && !(is_new_directory && area_leads_to_declared(area, change->path)))
                return change->path;
        return change->from && !area_allows(area, change->from) ? change->from : NULL;
}

/*
 * Who makes or removes an entry of a directory that was moved, or has other attributes now, doesn't get in the way; the
 * directory's times are the same then.
 */
static bool was_changed_by_others(const struct change *change, struct timespec begin)
{
        const struct stat *st = &change->before;
        bool stays = change->kind == CHANGE_MOVE || change->kind == CHANGE_METADATA;

        if (change->kind == CHANGE_ENTRIES || !time_is_later(st->st_ctim, begin))
                return false;
        return !stays || !S_ISDIR(st->st_mode) || !time_is_same(st->st_ctim, st->st_mtim);
}

static int check_declared(const struct changes_request *request, const struct changes *changes, struct error *error)
{
        for (size_t i = 0; i < changes->n; i++) {
                const char *path = find_undeclared(request->area, &changes->changes[i]);
                _cleanup_free_ char *printed = NULL;

                if (!path)
                        continue;
                if (changes_print_path(request->area, path, &printed) < 0)
                        return -ENOMEM;
                return error_setf(error, -EPERM,
                                  "migrate changed %s, which its manifest doesn't declare: add it to \"writes\"",
                                  printed);
        }
        return 0;
}

static int check_others(const struct changes_request *request, const struct changes *changes, struct error *error)
{
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *change = &changes->changes[i];
                _cleanup_free_ char *printed = NULL;

                if (!was_changed_by_others(change, request->begin))
                        continue;
                if (changes_print_path(request->area, change_old_path(change), &printed) < 0)
                        return -ENOMEM;
                return error_setf(
                        error, -EBUSY,
                        "%s was changed by another process while the migration ran: stop what writes there, and run it again",
                        printed);
        }
        return 0;
}

int changes_read(const struct changes_request *request, struct changes *changes, struct error *error)
{
        _cleanup_(changes_walk_done) struct changes_walk walk = { .request = request };
        int r;

        r = walk_run(&walk, error);
        if (r >= 0)
                r = changes_match_moves(&walk, error);
        if (r >= 0)
                r = changes_match_links(&walk);
        if (r >= 0)
                r = changes_walk_add_entries(&walk);
        if (r < 0)
                return r;
        changes_sort(&walk.changes);
        r = check_declared(request, &walk.changes, error);
        if (r >= 0)
                r = check_others(request, &walk.changes, error);
        return r < 0 ? r : changes_take(changes, &walk.changes);
}
