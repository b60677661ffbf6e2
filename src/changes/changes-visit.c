/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-walk.h"

#include "basic/array.h"
#include "basic/path.h"
#include "changes/changes-compare.h"
#include "fs/attributes.h"
#include "fs/beneath.h"

#include <fcntl.h>

/* The directory of the upper layer whose entries are looked at. */
struct visit {
        struct changes_walk *walk;
        struct layer_dir *dir;
        DIR *upper;
        int lower; /* what it is merged or compared with; -EBADF: nothing */
};

/* ---- Changes --------------------------------------------------------------------------------- */

static bool is_inner(const struct visit *visit)
{
        return !visit->dir->merged;
}

/* The paths of an entry: where it is, and where it was. */
struct places {
        char *path;
        char *before;
};

static void places_done(struct places *places)
{
        free(places->path);
        free(places->before);
}

static int find_places(const struct visit *visit, const struct comparison *entry, struct places *ret)
{
        _cleanup_(places_done) struct places places = { 0 };
        int r;

        r = changes_layer_join(visit->dir->path, entry->name, &places.path);
        if (r >= 0 && entry->before.st_mode)
                r = changes_layer_join(visit->dir->before, entry->name, &places.before);
        if (r < 0)
                return r;
        *ret = places;
        places = (struct places){ 0 };
        return 0;
}

static int add_entry(struct visit *visit, enum change_kind kind, const struct comparison *entry)
{
        const struct change change = {
                .kind = kind,
                .inner = is_inner(visit),
                .before = entry->before,
                .after = entry->after,
        };
        _cleanup_(places_done) struct places places = { 0 };
        int r;

        if (kind != CHANGE_METADATA)
                visit->dir->entries = true;
        r = find_places(visit, entry, &places);
        return r < 0 ? r : changes_walk_add(visit->walk, change, places.path, places.before);
}

static int add_removal(struct visit *visit, const struct comparison *entry)
{
        const struct change change = { .kind = CHANGE_REMOVE, .inner = is_inner(visit), .before = entry->before };
        _cleanup_free_ char *path = NULL;
        int r;

        visit->dir->entries = true;
        r = changes_layer_join(visit->dir->before, entry->name, &path);
        return r < 0 ? r : changes_walk_add(visit->walk, change, path, NULL);
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* What is below under the entry's name; nothing where it was moved. That it was is a change of the directory. */
static int find_before(struct visit *visit, struct comparison *entry)
{
        _cleanup_free_ char *before = NULL;
        int r;

        r = changes_layer_stat(visit->lower, entry->name, &entry->before);
        if (r <= 0 || !S_ISDIR(entry->before.st_mode))
                return r;
        r = changes_layer_join(visit->dir->before, entry->name, &before);
        if (r < 0)
                return r;
        if (changes_layer_was_moved(&visit->walk->layer, before)) {
                entry->before = (struct stat){ 0 };
                visit->dir->entries = true;
        }
        return 0;
}

static int add_name(struct visit *visit, const struct comparison *entry, bool is_changed)
{
        struct changes_walk *walk = visit->walk;
        struct changes_walk_name *grown = array_grow(walk->names, walk->n_names, sizeof(*grown));
        struct places places;
        int r;

        if (!grown)
                return -ENOMEM;
        walk->names = grown;
        r = find_places(visit, entry, &places);
        if (r < 0)
                return r;
        grown[walk->n_names++] = (struct changes_walk_name){
                .path = places.path,
                .before = places.before,
                .dir = (size_t)(visit->dir - walk->layer.dirs),
                .change = is_changed ? walk->changes.n - 1 : NO_CHANGE,
                .inner = is_inner(visit),
                .st_before = entry->before,
                .st_after = entry->after,
        };
        return 0;
}

static int visit_file(struct visit *visit, struct comparison *entry)
{
        enum change_kind kind = CHANGE_CREATE;
        bool is_changed = true;
        int r;

        if (entry->before.st_mode) {
                r = changes_compare_files(entry, &visit->walk->window, &kind);
                if (r < 0)
                        return r;
                is_changed = r > 0;
        }
        r = is_changed ? add_entry(visit, kind, entry) : 0;
        if (r < 0 || entry->after.st_nlink == 1)
                return r;
        return is_changed && kind != CHANGE_METADATA ? 0 : add_name(visit, entry, is_changed);
}

/* Of a directory that isn't merged, all that is missing is looked for anyhow. */
static int visit_whiteout(struct visit *visit, const struct comparison *entry)
{
        return visit->dir->merged && entry->before.st_mode ? add_removal(visit, entry) : 0;
}

/* ---- Directories ----------------------------------------------------------------------------- */

/* It was merged with a directory that was somewhere else; one that it took the place of had to be empty. */
static int add_moved(struct visit *visit, const struct layer_dir *child, const struct comparison *entry)
{
        struct change change = { .kind = CHANGE_MOVE, .after = entry->after };
        _cleanup_close_ int fd = beneath_open(visit->walk->request->lower, child->before, O_PATH | O_DIRECTORY, 0);
        int r;

        if (fd < 0)
                return fd;
        if (fstat(fd, &change.before) < 0)
                return -errno;
        visit->dir->entries = true;
        r = changes_walk_add(visit->walk, change, child->path, child->before);
        return r < 0 || !entry->before.st_mode ? r : add_removal(visit, entry);
}

/* A directory whose entries come with it. Where one was before, what is the same in both is no change. */
static int add_pure(struct visit *visit, struct layer_dir *child, const struct comparison *entry)
{
        int r;

        if (S_ISDIR(entry->before.st_mode)) {
                r = changes_layer_join(visit->dir->before, entry->name, &child->before);
                if (r < 0)
                        return r;
                child->judged = is_inner(visit);
        }
        return child->judged ? 0 : add_entry(visit, entry->before.st_mode ? CHANGE_REPLACE : CHANGE_CREATE, entry);
}

static int visit_child(struct visit *visit, struct layer_dir *child)
{
        struct comparison entry = { .name = path_name(child->path) };
        int r;

        if (child->merged && !child->moved)
                return 0;
        r = changes_layer_stat(dirfd(visit->upper), entry.name, &entry.after);
        if (r >= 0)
                r = find_before(visit, &entry);
        if (r < 0)
                return r;
        return child->moved ? add_moved(visit, child, &entry) : add_pure(visit, child, &entry);
}

static int visit_children(struct visit *visit)
{
        const struct changes_layer *layer = &visit->walk->layer;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < visit->dir->n_children; i++)
                r = visit_child(visit, &layer->dirs[visit->dir->child + i]);
        return r;
}

static int visit_files(struct visit *visit)
{
        const struct dirent *found;
        int r;

        while ((r = beneath_next(visit->upper, &found)) > 0) {
                struct comparison entry = { .lower = visit->lower,
                                            .upper = dirfd(visit->upper),
                                            .name = found->d_name };

                if (fstatat(entry.upper, entry.name, &entry.after, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if (S_ISDIR(entry.after.st_mode))
                        continue;
                r = find_before(visit, &entry);
                if (r >= 0)
                        r = stat_is_whiteout(&entry.after) ? visit_whiteout(visit, &entry) : visit_file(visit, &entry);
                if (r < 0)
                        return r;
        }
        return r;
}

/* What was in a directory that another one replaced, and isn't in that. */
static int visit_missing(struct visit *visit)
{
        _cleanup_(closedirp) DIR *lower = NULL;
        const struct dirent *found;
        int r;

        r = beneath_open_entries(visit->lower, "", &lower);
        while (r >= 0 && (r = beneath_next(lower, &found)) > 0) {
                struct comparison entry = { .name = found->d_name };

                r = changes_layer_stat(dirfd(visit->upper), entry.name, &entry.after);
                if (r == 0)
                        r = find_before(visit, &entry);
                if (r >= 0 && entry.before.st_mode)
                        r = add_removal(visit, &entry);
        }
        return r;
}

/* Attributes of the directory itself. */
static int judge(struct visit *visit)
{
        struct layer_dir *dir = visit->dir;
        struct change change = { .kind = CHANGE_METADATA, .inner = is_inner(visit) };
        bool partial;
        int r;

        if (fstat(visit->lower, &dir->st_before) < 0 || fstat(dirfd(visit->upper), &dir->st_after) < 0)
                return -errno;
        change.before = dir->st_before;
        change.after = dir->st_after;
        /* Where only a part of the area is declared, others may change the time of its root meanwhile. */
        partial = !*dir->path && !area_allows(visit->walk->request->area, "");
        r = changes_compare_attributes(visit->lower, dirfd(visit->upper), partial ? NULL : &visit->walk->window);
        return r <= 0 ? r : changes_walk_add(visit->walk, change, dir->path, dir->before);
}

int changes_walk_visit(struct changes_walk *walk, struct layer_dir *dir)
{
        _cleanup_(closedirp) DIR *upper = NULL;
        _cleanup_close_ int lower = -EBADF;
        struct visit visit = { .walk = walk, .dir = dir };
        int r;

        r = beneath_open_entries(walk->request->upper, dir->path, &upper);
        if (r < 0)
                return r;
        if (dir->before) {
                lower = beneath_open(walk->request->lower, dir->before, O_RDONLY | O_DIRECTORY, 0);
                if (lower < 0)
                        return lower;
        }
        visit.upper = upper;
        visit.lower = lower;
        r = dir->judged ? judge(&visit) : 0;
        if (r >= 0)
                r = visit_children(&visit);
        if (r >= 0)
                r = visit_files(&visit);
        return r >= 0 && dir->before && !dir->merged ? visit_missing(&visit) : r;
}
