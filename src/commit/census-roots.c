/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The roots of a census: which files are one set of data. In: the changes, and what is declared. Out: for each change
 *
 * - the declared directory that it is in, with everything in it: the table of a database is in a directory of its own, its logs above that;
 * - if that directory belongs to many packages, such as /var/lib, the one in it;
 * - if there is none, or it is configuration of others: the files beside the changed one whose names begin with its name;
 * - if it is the package's own configuration: the directory that the changed file is in. The rest isn't one set of data.
 *
 * What is in memory vanishes at a reboot, and isn't data.
 */

#include "basic/path.h"
#include "commit/census.h"

#include <stdio.h>

bool path_is_configuration(const char *path)
{
        assert(path);
        return path_is_within(path, "/etc") || path_is_within(path, "/usr/local/etc");
}

bool name_belongs_to(const char *name, const char *beside)
{
        const char *rest;

        assert(name && beside);
        rest = str_startswith(name, beside);
        return rest && *rest && strchr("-._~", *rest);
}

bool path_is_hold(const char *directory, const char *name)
{
        assert(directory && name);
        return !*directory && str_startswith(name, HOLD_PREFIX);
}

/* Whether the directory @path, below our root, has the data of many packages or users: hier(7). */
static bool path_is_shared(const char *path)
{
        static const char *const shared[] = {
                "",
                "/boot",
                "/etc",
                "/home",
                "/media",
                "/mnt",
                "/opt",
                "/root",
                "/run",
                "/srv",
                "/tmp",
                "/usr",
                "/usr/lib",
                "/usr/local",
                "/usr/local/etc",
                "/usr/local/lib",
                "/usr/local/share",
                "/usr/share",
                "/var",
                "/var/backups",
                "/var/cache",
                "/var/lib",
                "/var/local",
                "/var/log",
                "/var/mail",
                "/var/opt",
                "/var/spool",
                "/var/tmp",
                "/var/www",
        };

        for (size_t i = 0; i < ELEMENTSOF(shared); i++)
                if (streq(path, shared[i]))
                        return true;
        return streq(path, "/");
}

/* Shortens @path to its first @length bytes and the name that follows them. */
static void path_cut_after(char *path, size_t length)
{
        char *slash = strchr(path + length + (path[length] == '/'), '/');

        if (slash)
                *slash = '\0';
}

/* A change, while its root is looked for. Paths are absolute, below our root. */
struct finder {
        const struct preparation *p;
        struct redo *census;
        const struct change *change;
        const char *path;
        struct timespec now;
};

static int finder_add_in(const struct finder *finder, enum census_kind kind, size_t area, const char *path)
{
        struct redo_census root = { .kind = kind, .area = area, .path = strdup(path), .time = finder->now };
        const struct redo *census = finder->census;
        const struct redo_census *last = census->n_census > 0 ? &census->census[census->n_census - 1] : NULL;

        if (!root.path)
                return -ENOMEM;
        if (finder->p->redo->areas[area].memory ||
            (last && last->kind == kind && last->area == area && streq(last->path, path))) {
                redo_census_done(&root);
                return 0;
        }
        return redo_add_census(finder->census, &root);
}

static int finder_add(const struct finder *finder, enum census_kind kind, const char *path)
{
        const char *below = NULL;
        size_t area = redo_find_area(finder->p->redo, path, &below);

        return area == SIZE_MAX ? 0 : finder_add_in(finder, kind, area, below);
}

/* With what is mounted in it. */
static int finder_add_tree(const struct finder *finder, const char *path)
{
        const struct redo *redo = finder->p->redo;
        int r = finder_add(finder, CENSUS_TREE, path);

        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++)
                if (!streq(redo->areas[i].path, path) && path_is_within(redo->areas[i].path, path))
                        r = finder_add_in(finder, CENSUS_TREE, i, "");
        return r;
}

static int finder_add_beside(const struct finder *finder)
{
        const struct change *change = finder->change;
        mode_t mode = change->after.st_mode ? change->after.st_mode : change->before.st_mode;

        return S_ISDIR(mode) ? 0 : finder_add(finder, CENSUS_BESIDE, finder->path);
}

/* The outermost declared path that has this one. Returns: its length, or SIZE_MAX. */
static size_t finder_find_declared(const struct finder *finder)
{
        const struct areas *areas = finder->p->stage->areas;
        size_t found = SIZE_MAX;

        for (size_t i = 0; i < areas->n; i++)
                for (size_t k = 0; k < areas->areas[i].declared.n; k++) {
                        const char *root = finder->p->redo->areas[i].path, *below = areas->areas[i].declared.list[k];
                        const char *rest = path_startswith(finder->path, root);
                        size_t length = strlen(root) + (*below ? strlen(below) + !streq(root, "/") : 0);

                        if (rest && (!*below || path_is_within(rest, below)) && length < found)
                                found = length;
                }
        return found;
}

static int finder_add_configuration(const struct finder *finder, char *parent)
{
        _cleanup_free_ char *own = NULL;

        if (asprintf(&own, "/etc/%s", finder->p->place->package) < 0)
                return -ENOMEM;
        return path_is_within(parent, own) ? finder_add(finder, CENSUS_FLAT, parent) : finder_add_beside(finder);
}

static int finder_add_root(const struct finder *finder)
{
        size_t declared = finder_find_declared(finder), length = strlen(finder->path);
        _cleanup_free_ char *tree = path_parent(finder->path);
        bool whole = declared == length; /* the declared path itself is changed */

        if (!tree)
                return -ENOMEM;
        if (declared == SIZE_MAX)
                return 0;
        if (path_is_configuration(finder->path))
                return finder_add_configuration(finder, tree);
        if (whole && !S_ISDIR(finder->change->after.st_mode) && !S_ISDIR(finder->change->before.st_mode))
                return finder_add_beside(finder);
        if (whole) {
                free(tree);
                tree = strdup(finder->path);
                if (!tree)
                        return -ENOMEM;
        }
        length = strlen(tree);
        tree[declared] = '\0';
        while (path_is_shared(tree) && declared < length) {
                tree[declared] = '/';
                path_cut_after(tree, declared);
                declared = strlen(tree);
        }
        return path_is_shared(tree) ? finder_add_beside(finder) : finder_add_tree(finder, tree);
}

static int finder_visit(struct finder *finder, const struct change *change, const char *path)
{
        _cleanup_free_ char *whole = NULL;
        int r;

        r = redo_format_path(finder->p->redo, change->area, path, &whole);
        if (r < 0)
                return r;
        finder->change = change;
        finder->path = whole;
        return finder_add_root(finder);
}

static int redo_census_compare(const void *a, const void *b)
{
        const struct redo_census *x = a, *y = b;
        int r;

        if (x->area != y->area)
                return x->area < y->area ? -1 : 1;
        r = path_compare(x->path, y->path);
        return r ? r : (x->kind > y->kind) - (x->kind < y->kind);
}

void census_sort(struct redo *census)
{
        assert(census);
        if (census->n_census > 0)
                qsort(census->census, census->n_census, sizeof(*census->census), redo_census_compare);
}

/* Drops roots that others include. */
static void census_merge_roots(struct redo *census)
{
        struct redo_census *tree = NULL;
        size_t n = 0;

        census_sort(census);
        for (size_t i = 0; i < census->n_census; i++) {
                struct redo_census *root = &census->census[i];
                bool within =
                        tree && tree->area == root->area && (!tree->path[0] || path_is_within(root->path, tree->path));
                bool again = n > 0 && census->census[n - 1].area == root->area &&
                             census->census[n - 1].kind == root->kind && streq(census->census[n - 1].path, root->path);

                if (within || again) {
                        redo_census_done(root);
                        continue;
                }
                census->census[n] = *root;
                if (root->kind == CENSUS_TREE)
                        tree = &census->census[n];
                n++;
        }
        census->n_census = n;
}

int census_add_roots(const struct preparation *p, struct redo *census)
{
        const struct changes *changes;
        struct finder finder = { .p = p, .census = census };
        struct stat st;
        int r = 0;

        assert(p && census && census->n_census == 0);
        /* The clock of the file system is coarser than the others. */
        if (futimens(p->place->dir, NULL) < 0 || fstat(p->place->dir, &st) < 0)
                return -errno;
        finder.now = st.st_mtim;
        changes = &p->redo->changes;
        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (change->inner || change->kind == CHANGE_ENTRIES)
                        continue;
                r = finder_visit(&finder, change, change->path);
                if (r >= 0 && change->from)
                        r = finder_visit(&finder, change, change->from);
        }
        if (r >= 0)
                census_merge_roots(census);
        return r;
}
