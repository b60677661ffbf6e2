/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The listing of a census. In: its roots, and the system before the commit. Out: all files in them that the commit leaves as they are. */

#include "commit/census.h"

#include "basic/io.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>

/* Directories further down than this many files are compared by the time alone, so that a commit to a large store stays cheap. */
#define LISTED_MAX 20000

struct lister {
        const struct preparation *p;
        struct redo *census;
        const struct change **changes; /* by old path */
        size_t n_changes;
        size_t area;
        /* Directories that are still to be listed, breadth first: pairs of old and new path. */
        struct strv queue;
        size_t n_listed;
};

static void lister_done(struct lister *lister)
{
        free(lister->changes);
        strv_done(&lister->queue);
}

/* ---- Changes by old path ---- */

static int change_compare_by_old_path(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->area != y->area ? (x->area < y->area ? -1 : 1) : path_compare(change_old_path(x), change_old_path(y));
}

static int lister_index(struct lister *lister)
{
        const struct changes *changes = &lister->p->redo->changes;

        lister->changes = calloc(changes->n + 1, sizeof(*lister->changes));
        if (!lister->changes)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (changes->changes[i].before.st_mode && changes->changes[i].kind != CHANGE_ENTRIES)
                        lister->changes[lister->n_changes++] = &changes->changes[i];
        qsort(lister->changes, lister->n_changes, sizeof(*lister->changes), change_compare_by_old_path);
        return 0;
}

/* Whether a directory isn't there after the commit. A moved one is listed by itself. */
static bool change_takes_away(const struct change *change)
{
        return change &&
               (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE || change->kind == CHANGE_MOVE);
}

/* Of a file that is moved and changed, too, the move is found. */
static const struct change *lister_find(const struct lister *lister, const char *old)
{
        const struct change change = { .area = lister->area, .path = (char *)(uintptr_t)old }, *key = &change;
        const struct change **end = lister->changes + lister->n_changes, **found = NULL;

        if (lister->n_changes > 0)
                found = bsearch(&key, lister->changes, lister->n_changes, sizeof(*lister->changes),
                                change_compare_by_old_path);
        if (!found)
                return NULL;
        while (found > lister->changes && change_compare_by_old_path(&key, found - 1) == 0)
                found--;
        while (!change_takes_away(*found) && found + 1 < end && change_compare_by_old_path(&key, found + 1) == 0)
                found++;
        return *found;
}

/* ---- Entries ---- */

/* A file that is moved under one of its names gets the new time under the others, too. */
static struct timespec lister_get_time(const struct lister *lister, const struct stat *st)
{
        const struct changes *changes = &lister->p->redo->changes;

        for (size_t i = 0; st->st_nlink > 1 && !S_ISDIR(st->st_mode) && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (change->area == lister->area && change->before.st_ino == st->st_ino &&
                    (change->kind == CHANGE_MOVE || change->kind == CHANGE_METADATA))
                        return change->after.st_mtim;
        }
        return st->st_mtim;
}

static int lister_add(struct lister *lister, enum census_kind kind, const char *path, const struct stat *st)
{
        struct redo_census entry = { .kind = kind, .area = lister->area, .path = strdup(path) };

        if (!entry.path)
                return -ENOMEM;
        if (st) {
                entry.mode = st->st_mode;
                entry.size = S_ISDIR(st->st_mode) ? 0 : st->st_size;
                entry.time = lister_get_time(lister, st);
                lister->n_listed++;
        } else {
                entry.time = lister->census->census[0].time; /* that of all roots */
        }
        return redo_add_census(lister->census, &entry);
}

static int lister_enqueue(struct lister *lister, const char *old, const char *new)
{
        int r = strv_add(&lister->queue, old);

        return r < 0 ? r : strv_add(&lister->queue, new);
}

/* @new: where it is after the commit, unless it is moved itself. */
static int lister_visit(struct lister *lister, const char *old, const char *new, const struct stat *st)
{
        const struct change *change = lister_find(lister, old);
        int r = 0;

        if (!stat_is_data(st))
                return 0;
        if (!change)
                r = lister_add(lister, CENSUS_LISTED, new, st);
        return r < 0 || !S_ISDIR(st->st_mode) || change_takes_away(change) ? r : lister_enqueue(lister, old, new);
}

/* ---- Directories ---- */

int stat_is_of_subvolume(const struct stat *st, int root)
{
        struct stat area;

        assert(st && root >= 0);
        if (!S_ISDIR(st->st_mode))
                return 0;
        return fstat(root, &area) < 0 ? -errno : area.st_dev != st->st_dev;
}

static int lister_visit_name(struct lister *lister, int dir, const char *name, const char *const at[2])
{
        _cleanup_free_ char *old = NULL, *new = NULL;
        struct stat st;
        int r;

        if (path_join(at[0], name, &old) < 0 || path_join(at[1], name, &new) < 0)
                return -ENOMEM;
        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno; /* gone since it was listed */
        r = stat_is_of_subvolume(&st, lister->p->stage->areas->areas[lister->area].fd);
        if (r != 0)
                return r < 0 ? r : 0;
        return lister_visit(lister, old, new, &st);
}

/* Returns: 1 with the names of the directory's entries in @ret, 0 if there are too many of them, or a negative errno. */
static int lister_read_names(const struct lister *lister, DIR *dir, const char *old, struct strv *ret)
{
        const struct dirent *entry;
        int r;

        while ((r = beneath_next(dir, &entry)) > 0) {
                if (lister->n_listed + ret->n >= LISTED_MAX)
                        return 0;
                r = path_is_hold(old, entry->d_name) ? 0 : strv_add(ret, entry->d_name);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 1;
}

/* What is mounted in it is an area of its own, or none that a migration can change. */
static bool errno_is_elsewhere(int r)
{
        return beneath_is_nowhere(r) || r == -EXDEV;
}

static int lister_list(struct lister *lister, const char *old, const char *new)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_strv_ struct strv names = { 0 };
        int r;

        r = beneath_open_entries(lister->p->stage->areas->areas[lister->area].fd, old, &dir);
        if (r < 0)
                return errno_is_elsewhere(r) ? 0 : r;
        r = lister_read_names(lister, dir, old, &names);
        if (r == 0)
                return lister_add(lister, CENSUS_UNLISTED, new, NULL);
        for (size_t i = 0; r >= 0 && i < names.n; i++)
                r = lister_visit_name(lister, dirfd(dir), names.list[i], (const char *const[]){ old, new });
        return r < 0 ? r : 0;
}

static int lister_list_tree(struct lister *lister, const char *old, const char *new)
{
        int r = lister_enqueue(lister, old, new);

        for (size_t i = 0; r >= 0 && i < lister->queue.n; i += 2)
                r = lister_list(lister, lister->queue.list[i], lister->queue.list[i + 1]);
        strv_done(&lister->queue);
        lister->queue = (struct strv){ 0 };
        return r;
}

/* Whether one of the first @n entries, the roots, is a tree that has the path. */
static bool census_covers(const struct redo *census, size_t n, size_t area, const char *path)
{
        for (size_t i = 0; i < n; i++) {
                const struct redo_census *root = &census->census[i];

                if (root->kind == CENSUS_TREE && root->area == area &&
                    (!root->path[0] || path_is_within(path, root->path)))
                        return true;
        }
        return false;
}

/* What is in directories that are moved, from wherever that is. */
static int lister_list_moved(struct lister *lister, size_t n_roots)
{
        const struct changes *changes = &lister->p->redo->changes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                lister->area = change->area;
                if (change->kind == CHANGE_MOVE && S_ISDIR(change->before.st_mode) &&
                    census_covers(lister->census, n_roots, change->area, change->path))
                        r = lister_list_tree(lister, change->from, change->path);
        }
        return r;
}

static int lister_list_beside(struct lister *lister, const struct redo_census *root)
{
        _cleanup_free_ char *path = strdup(root->path), *parent = path ? path_parent(path) : NULL;
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        if (!parent)
                return -ENOMEM;
        r = beneath_open_entries(lister->p->stage->areas->areas[lister->area].fd, parent, &dir);
        if (r < 0)
                return errno_is_elsewhere(r) ? 0 : r;
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                if (!name_belongs_to(entry->d_name, path_name(path)))
                        continue;
                r = beneath_type(dir, entry);
                if (r >= 0 && r != DT_DIR)
                        r = lister_visit_name(lister, dirfd(dir), entry->d_name,
                                              (const char *const[]){ parent, parent });
        }
        return r;
}

/* Of configuration only what is newer counts, since packages bring files of their own there, which are older. */
static int lister_list_root(struct lister *lister, const struct redo_census *root)
{
        _cleanup_free_ char *whole = NULL;
        int r;

        lister->area = root->area;
        if (root->kind == CENSUS_TREE) {
                whole = strdup(root->path); /* the list grows */
                if (!whole)
                        return -ENOMEM;
                return change_takes_away(lister_find(lister, whole)) ? 0 : lister_list_tree(lister, whole, whole);
        }
        r = redo_format_path(lister->p->redo, root->area, root->path, &whole);
        return r < 0 || path_is_configuration(whole) ? r : lister_list_beside(lister, root);
}

int census_take(const struct preparation *p, struct redo *census, struct error *error)
{
        _cleanup_(lister_done) struct lister lister = { .p = p, .census = census };
        size_t n;
        int r;

        assert(p && census);
        r = census_add_roots(p, census);
        n = census->n_census;
        if (r >= 0)
                r = lister_index(&lister);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = lister_list_root(&lister, &census->census[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't list what is in %s%s/%s", p->place->root->path,
                                            p->redo->areas[census->census[i].area].path, census->census[i].path);
        }
        if (r >= 0)
                r = lister_list_moved(&lister, n);
        if (r < 0)
                return error_errnof(error, r, "can't list the data that is beside what is changed");
        census_sort(census);
        return 0;
}
