/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares data as a whole, before an undo. In: the census of a transaction, and the files as they are now. Out: which of those that the
 * transaction didn't change itself, but that are one set of data with those that it did, were made, changed or removed since.
 */

#include "basic/clock.h"
#include "basic/io.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "commit/census.h"
#include "redo/redo-file.h"
#include "transaction/undo-look.h"

#include <fcntl.h>
#include <stdio.h>

struct comparer {
        struct checker *checker;
        const struct redo *census;
        size_t area;
        struct timespec time; /* of the census */
        bool newer_only;      /* only files that are newer than the census count */
        bool files_only;
        struct strv queue; /* of directories */
};

/* ---- Entries of the census ---- */

static int redo_census_compare_key(const void *a, const void *b)
{
        const struct redo_census *key = a, *entry = b;

        return key->area != entry->area ? (key->area < entry->area ? -1 : 1) : path_compare(key->path, entry->path);
}

/* Returns: whether the census has an entry of that kind. Of a path it has three at most. */
static bool comparer_has(const struct comparer *comparer, const char *path, enum census_kind kind)
{
        const struct redo_census key = { .area = comparer->area, .path = (char *)(uintptr_t)path };
        const struct redo_census *all = comparer->census->census, *end = all + comparer->census->n_census, *found;

        found = bsearch(&key, all, comparer->census->n_census, sizeof(*all), redo_census_compare_key);
        while (found && found > all && redo_census_compare_key(&key, found - 1) == 0)
                found--;
        for (; found && found < end && redo_census_compare_key(&key, found) == 0; found++)
                if (found->kind == kind)
                        return true;
        return false;
}

static bool redo_census_is_same(const struct redo_census *entry, const struct stat *now)
{
        if ((entry->mode & S_IFMT) != (now->st_mode & S_IFMT))
                return false;
        return S_ISDIR(now->st_mode) || (entry->size == now->st_size && time_is_same(entry->time, now->st_mtim));
}

/* A directory that is gone was put away as a whole; what is put back makes it again. */
static int checker_check_gone(struct checker *c, const struct redo_census *entry)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        _cleanup_free_ char *parent = path_parent(entry->path);
        int r;

        if (!parent)
                return -ENOMEM;
        if (S_ISDIR(entry->mode))
                return 0;
        r = checker_try_look(c, entry->area, parent, &now);
        if (r <= 0 || !S_ISDIR(now.st.st_mode))
                return r < 0 && r != -EXDEV ? r : 0;
        return checker_note(c, &(const struct finding){ entry->area, entry->path, FATE_REMOVED, NULL, true });
}

static int checker_check_listed(struct checker *c, const struct redo_census *entry)
{
        _cleanup_(sighting_done) struct sighting now = { .fd = -EBADF };
        int r = checker_try_look(c, entry->area, entry->path, &now);

        if (r < 0)
                return r == -EXDEV ? 0 : r; /* a file system that is mounted there is none of the transaction's */
        if (r == 0)
                return checker_check_gone(c, entry);
        return redo_census_is_same(entry, &now.st)
                       ? 0
                       : checker_note(c,
                                      &(const struct finding){ entry->area, entry->path, FATE_CHANGED, &now.st, true });
}

/* ---- Files that are there now ---- */

static bool comparer_knows(const struct comparer *comparer, const char *path)
{
        return changes_find(&comparer->checker->archived->redo->changes, comparer->area, path) ||
               comparer_has(comparer, path, CENSUS_LISTED);
}

/*
 * Whether a file that isn't in the census counts. The time of a directory tells that something was made or removed in it, unless newer
 * transactions did that, too.
 */
static bool comparer_is_new(const struct comparer *comparer, const struct stat *now)
{
        if (!comparer->newer_only)
                return true;
        return time_is_later(now->st_mtim, comparer->time) &&
               (!S_ISDIR(now->st_mode) || comparer->checker->n_newer == 0);
}

/* Returns: 1 if it was noted, 0, or a negative errno with the error set. */
static int comparer_compare(struct comparer *comparer, const char *path, const struct stat *now)
{
        _cleanup_(sighting_done) struct sighting sighting = { .fd = -EBADF };
        struct checker *c = comparer->checker;
        int r;

        if (comparer_knows(comparer, path) || !stat_is_data(now) || !comparer_is_new(comparer, now))
                return 0;
        r = checker_try_look(c, comparer->area, path, &sighting);
        if (r == -EXDEV)
                return 0;
        if (r <= 0 || !comparer_is_new(comparer, &sighting.st))
                return r < 0 ? r : 0;
        r = checker_note(c,
                         &(const struct finding){ comparer->area, path, comparer->newer_only ? FATE_CHANGED : FATE_MADE,
                                                  &sighting.st, true });
        return r < 0 ? r : 1;
}

/* What was made since is noted as a whole. */
static int comparer_visit(struct comparer *comparer, int dir, const char *directory, const char *name)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;
        int r;

        r = path_join(directory, name, &path);
        if (r < 0)
                return r;
        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (S_ISDIR(st.st_mode) && comparer->files_only)
                return 0;
        r = stat_is_of_subvolume(&st, comparer->checker->roots[comparer->area].dir);
        if (r != 0)
                return r < 0 ? r : 0;
        r = comparer_compare(comparer, path, &st);
        return r < 0 || !S_ISDIR(st.st_mode) || (r > 0 && !comparer->newer_only) ? r : strv_add(&comparer->queue, path);
}

/* @beside: only what belongs to that name; NULL: everything. */
static int comparer_list(struct comparer *comparer, const char *directory, const char *beside)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_trail_open_entries(&comparer->checker->roots[comparer->area], directory, &dir);
        if (r < 0)
                return beneath_is_nowhere(r) || r == -EXDEV ? 0 : r;
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0)
                if (beside ? name_belongs_to(entry->d_name, beside) : !path_is_hold(directory, entry->d_name))
                        r = comparer_visit(comparer, dirfd(dir), directory, entry->d_name);
        return r;
}

/* Whether the census doesn't list what is in the directory, or the one above it, and so on. Returns: 1, 0, or -ENOMEM. */
static int comparer_lacks(const struct comparer *comparer, const char *directory)
{
        _cleanup_free_ char *path = strdup(directory);

        if (!path)
                return -ENOMEM;
        for (char *end = path; *path; *end = '\0') {
                if (comparer_has(comparer, path, CENSUS_UNLISTED))
                        return 1;
                end = strrchr(path, '/');
                end = end ? end : path;
        }
        return comparer_has(comparer, "", CENSUS_UNLISTED);
}

/* What the census doesn't list is compared by the time. */
static int comparer_list_tree(struct comparer *comparer, const char *path)
{
        int r = strv_add(&comparer->queue, path);

        comparer->files_only = false;
        for (size_t i = 0; r >= 0 && i < comparer->queue.n; i++) {
                const char *directory = comparer->queue.list[i];

                r = comparer_lacks(comparer, directory);
                comparer->newer_only = r > 0;
                if (r >= 0)
                        r = comparer_list(comparer, directory, NULL);
        }
        strv_done(&comparer->queue);
        comparer->queue = (struct strv){ 0 };
        return r;
}

static int comparer_list_root(struct comparer *comparer, const struct redo_census *root)
{
        _cleanup_free_ char *whole = NULL, *parent = NULL;
        int r = redo_format_path(comparer->census, root->area, root->path, &whole);

        if (r < 0)
                return r;
        comparer->area = root->area;
        comparer->time = root->time;
        comparer->newer_only = path_is_configuration(whole);
        comparer->files_only = true;
        if (root->kind == CENSUS_TREE)
                return comparer_list_tree(comparer, root->path);
        if (root->kind == CENSUS_FLAT)
                return comparer_list(comparer, root->path, NULL);
        parent = path_parent(root->path);
        return parent ? comparer_list(comparer, parent, path_name(root->path)) : -ENOMEM;
}

/* ---- The whole ---- */

static int comparer_visit_census(struct comparer *comparer, const struct redo_census *entry)
{
        switch (entry->kind) {
        case CENSUS_LISTED:
                return checker_check_listed(comparer->checker, entry);
        case CENSUS_UNLISTED:
                return 0;
        default:
                return comparer_list_root(comparer, entry);
        }
}

static int comparer_visit_all(struct comparer *comparer)
{
        const struct redo *census = comparer->census;
        struct error *error = comparer->checker->error;

        for (size_t i = 0; i < census->n_census; i++) {
                int r = comparer_visit_census(comparer, &census->census[i]);

                if (r < 0)
                        return error && error->code == r ? r
                                                         : error_errnof(error, r, "can't look at what is in %s%s/%s",
                                                                        comparer->checker->place.root->path,
                                                                        census->areas[census->census[i].area].path,
                                                                        census->census[i].path);
        }
        return 0;
}

int checker_check_data(struct checker *c)
{
        const struct commit_place *place = &c->place;
        _cleanup_(redo_freep) struct redo *census = NULL;
        struct comparer comparer = { .checker = c };
        int r;

        assert(c);
        r = redo_read(&(const struct redo_file){ .dir = place->dir, .name = CENSUS_FILE, .path = place->path }, &census,
                      c->error);
        if (r == -ENOENT)
                return error_setf(
                        c->error, -ESTALE,
                        "%s/" CENSUS_FILE
                        " is missing, so it isn't known what was beside the files of %s; use --force to put them back all the same",
                        place->path, c->archived->redo->id);
        if (r >= 0 && census->n_areas != c->archived->redo->n_areas)
                r = error_setf(c->error, -EBADMSG, "%s/" CENSUS_FILE " doesn't belong to " REDO_FILE, place->path);
        if (r < 0)
                return r;
        comparer.census = census;
        r = comparer_visit_all(&comparer);
        strv_done(&comparer.queue);
        return r;
}
