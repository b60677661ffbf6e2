/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares the entries of one directory of an upper layer with the lower ones. In: the directory, and what is known of the others. Out:
 * changes, and the names of files that have several.
 */

#include "changes/changes-walk.h"

#include "basic/array.h"
#include "basic/path.h"
#include "changes/changes-compare.h"
#include "fs/attributes.h"
#include "fs/beneath.h"
#include "stage/hard-links.h"

#include <fcntl.h>

/* The directory of the upper layer whose entries are compared. */
struct visit {
        struct changes_walk *walk;
        struct layer_dir *dir;
        DIR *upper;
        int lower; /* the directory that it is merged with or replaces; -EBADF: none */
};

/* ---- Changes --------------------------------------------------------------------------------- */

static bool visit_is_inner(const struct visit *visit)
{
        return !visit->dir->merged;
}

/* The new and the old path of an entry. */
struct entry_paths {
        char *path;
        char *before;
};

static void entry_paths_done(struct entry_paths *paths)
{
        free(paths->path);
        free(paths->before);
}

static int visit_make_paths(const struct visit *visit, const struct comparison *entry, struct entry_paths *ret)
{
        _cleanup_(entry_paths_done) struct entry_paths paths = { 0 };
        int r;

        r = path_join(visit->dir->path, entry->name, &paths.path);
        if (r >= 0 && entry->before.st_mode)
                r = path_join(visit->dir->before, entry->name, &paths.before);
        if (r < 0)
                return r;
        *ret = paths;
        paths = (struct entry_paths){ 0 };
        return 0;
}

/* Takes the details of @entry. */
static int visit_add_change(struct visit *visit, enum change_kind kind, struct comparison *entry)
{
        struct change change = {
                .kind = kind,
                .inner = visit_is_inner(visit),
                .before = entry->before,
                .after = entry->after,
                .original = entry->original,
        };
        _cleanup_(entry_paths_done) struct entry_paths paths = { 0 };
        int r;

        if (kind != CHANGE_METADATA)
                visit->dir->entries = true;
        r = visit_make_paths(visit, entry, &paths);
        if (r < 0)
                return r;
        change.details_before = change_details_take(&entry->details_before);
        change.details_after = change_details_take(&entry->details_after);
        return changes_walk_add(visit->walk, change, paths.path, paths.before);
}

static int visit_add_removal(struct visit *visit, const struct comparison *entry)
{
        const struct change change = { .kind = CHANGE_REMOVE, .inner = visit_is_inner(visit), .before = entry->before };
        _cleanup_free_ char *path = NULL;
        int r;

        visit->dir->entries = true;
        r = path_join(visit->dir->before, entry->name, &path);
        return r < 0 ? r : changes_walk_add(visit->walk, change, path, NULL);
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* Finds the lower file of the entry's name. A directory that was moved counts as missing, and as a change of the one it was in. */
static int visit_find_before(struct visit *visit, struct comparison *entry)
{
        _cleanup_free_ char *before = NULL;
        int r;

        r = changes_layer_stat(visit->lower, entry->name, &entry->before);
        if (r <= 0 || !S_ISDIR(entry->before.st_mode))
                return r;
        r = path_join(visit->dir->before, entry->name, &before);
        if (r < 0)
                return r;
        if (changes_layer_was_moved(&visit->walk->layer, before)) {
                entry->before = (struct stat){ 0 };
                visit->dir->entries = true;
        }
        return 0;
}

static int visit_add_linked_name(struct visit *visit, const struct comparison *entry, bool is_changed)
{
        struct changes_walk *walk = visit->walk;
        struct linked_name *grown = array_grow(walk->names, walk->n_names, sizeof(*grown));
        struct entry_paths paths;
        int r;

        if (!grown)
                return -ENOMEM;
        walk->names = grown;
        r = visit_make_paths(visit, entry, &paths);
        if (r < 0)
                return r;
        grown[walk->n_names++] = (struct linked_name){
                .path = paths.path,
                .before = paths.before,
                .dir = (size_t)(visit->dir - walk->layer.dirs),
                .change = is_changed ? walk->changes.n - 1 : NO_CHANGE,
                .inner = visit_is_inner(visit),
                .st_before = entry->before,
                .st_after = entry->after,
        };
        return 0;
}

/* Of a file with several names, one that is another file with the same content now isn't a name of it any more. */
static int visit_has_other_file(const struct visit *visit, const struct comparison *entry)
{
        if (!visit->walk->request->kept || entry->before.st_nlink < 2)
                return 0;
        return hard_links_is_other(entry->upper, entry->name, visit->walk->request->lower, &entry->before);
}

static int visit_compare_file(struct visit *visit, struct comparison *entry)
{
        enum change_kind kind = CHANGE_CREATE;
        bool is_changed = true;
        int r;

        if (entry->before.st_mode) {
                r = changes_compare_files(entry, &visit->walk->window, &kind);
                if (r < 0)
                        return r;
                is_changed = r > 0;
                r = visit_has_other_file(visit, entry);
                if (r < 0)
                        return r;
                if (r > 0) {
                        is_changed = true;
                        kind = CHANGE_REPLACE;
                }
        }
        r = is_changed ? visit_add_change(visit, kind, entry) : 0;
        if (r < 0 || entry->after.st_nlink == 1)
                return r;
        return is_changed && kind != CHANGE_METADATA ? 0 : visit_add_linked_name(visit, entry, is_changed);
}

/* In a directory that isn't merged, visit_add_missing() finds what was removed. */
static int visit_compare_whiteout(struct visit *visit, const struct comparison *entry)
{
        return visit->dir->merged && entry->before.st_mode ? visit_add_removal(visit, entry) : 0;
}

/* ---- Directories ----------------------------------------------------------------------------- */

/* A directory that is merged with one from another path. One that it replaced must have been empty, as rename(2) demands. */
static int visit_add_moved(struct visit *visit, const struct layer_dir *child, const struct comparison *entry)
{
        struct change change = { .kind = CHANGE_MOVE, .after = entry->after };
        _cleanup_close_ int fd = beneath_trail_open(&visit->walk->trails.lower, child->before, O_PATH | O_DIRECTORY);
        int r;

        if (fd < 0)
                return fd;
        if (fstat(fd, &change.before) < 0)
                return -errno;
        visit->dir->entries = true;
        r = changes_walk_add(visit->walk, change, child->path, child->before);
        return r < 0 || !entry->before.st_mode ? r : visit_add_removal(visit, entry);
}

/* A directory that isn't merged, so that its entries come with it. If it replaced one, entries that are the same in both are no change. */
static int visit_add_opaque(struct visit *visit, struct layer_dir *child, struct comparison *entry)
{
        int r;

        if (S_ISDIR(entry->before.st_mode)) {
                r = path_join(visit->dir->before, entry->name, &child->before);
                if (r < 0)
                        return r;
                child->compared = visit_is_inner(visit);
        }
        return child->compared ? 0
                               : visit_add_change(visit, entry->before.st_mode ? CHANGE_REPLACE : CHANGE_CREATE, entry);
}

static int visit_compare_child(struct visit *visit, struct layer_dir *child)
{
        struct comparison entry = { .name = path_name(child->path) };
        int r;

        if (child->merged && !child->moved)
                return 0;
        r = changes_layer_stat(dirfd(visit->upper), entry.name, &entry.after);
        if (r >= 0)
                r = visit_find_before(visit, &entry);
        if (r < 0)
                return r;
        return child->moved ? visit_add_moved(visit, child, &entry) : visit_add_opaque(visit, child, &entry);
}

static int visit_compare_children(struct visit *visit)
{
        const struct changes_layer *layer = &visit->walk->layer;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < visit->dir->n_children; i++)
                r = visit_compare_child(visit, &layer->dirs[visit->dir->child + i]);
        return r;
}

static void comparison_done(struct comparison *entry)
{
        change_details_done(&entry->details_before);
        change_details_done(&entry->details_after);
}

static int visit_compare_files(struct visit *visit)
{
        const struct dirent *found;
        int r;

        while ((r = beneath_next(visit->upper, &found)) > 0) {
                _cleanup_(comparison_done) struct comparison entry = { .lower = visit->lower,
                                                                       .upper = dirfd(visit->upper),
                                                                       .name = found->d_name };

                if (fstatat(entry.upper, entry.name, &entry.after, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if (S_ISDIR(entry.after.st_mode))
                        continue;
                r = visit_find_before(visit, &entry);
                if (r >= 0)
                        r = stat_is_whiteout(&entry.after) ? visit_compare_whiteout(visit, &entry)
                                                           : visit_compare_file(visit, &entry);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Adds the entries of the replaced directory that are missing in the new one. */
static int visit_add_missing(struct visit *visit)
{
        _cleanup_(closedirp) DIR *lower = NULL;
        const struct dirent *found;
        int r;

        r = beneath_open_entries(visit->lower, "", &lower);
        while (r >= 0 && (r = beneath_next(lower, &found)) > 0) {
                struct comparison entry = { .name = found->d_name };

                r = changes_layer_stat(dirfd(visit->upper), entry.name, &entry.after);
                if (r == 0)
                        r = visit_find_before(visit, &entry);
                if (r >= 0 && entry.before.st_mode)
                        r = visit_add_removal(visit, &entry);
        }
        return r;
}

/* Compares the attributes of the directory itself. */
static int visit_compare_attributes(struct visit *visit)
{
        const struct area *area = visit->walk->request->area;
        struct layer_dir *dir = visit->dir;
        struct change change = { .kind = CHANGE_METADATA, .inner = visit_is_inner(visit) };
        bool partial;
        int r;

        if (fstat(visit->lower, &dir->st_before) < 0 || fstat(dirfd(visit->upper), &dir->st_after) < 0)
                return -errno;
        change.before = dir->st_before;
        change.after = dir->st_after;
        /* Where only a part of the directory is declared, other processes may change its modification time. */
        partial = !area_allows(area, dir->path) && (!*dir->path || area_leads_to_declared(area, dir->path));
        r = changes_compare_attributes(visit->lower, dirfd(visit->upper), partial ? NULL : &visit->walk->window);
        return r <= 0 ? r : changes_walk_add(visit->walk, change, dir->path, dir->before);
}

int changes_walk_visit(struct changes_walk *walk, struct layer_dir *dir)
{
        _cleanup_(closedirp) DIR *upper = NULL;
        _cleanup_close_ int lower = -EBADF;
        struct visit visit = { .walk = walk, .dir = dir };
        int r;

        assert(walk && dir);
        r = beneath_trail_open_entries(&walk->trails.upper, dir->path, &upper);
        if (r < 0)
                return r;
        if (dir->before) {
                lower = beneath_trail_open(&walk->trails.lower, dir->before, O_RDONLY | O_DIRECTORY);
                if (lower < 0)
                        return lower;
        }
        visit.upper = upper;
        visit.lower = lower;
        r = dir->compared ? visit_compare_attributes(&visit) : 0;
        if (r >= 0)
                r = visit_compare_children(&visit);
        if (r >= 0)
                r = visit_compare_files(&visit);
        return r >= 0 && dir->before && !dir->merged ? visit_add_missing(&visit) : r;
}
