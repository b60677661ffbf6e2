/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-links.h"

#include "basic/array.h"
#include "changes/changes-list.h"

/* By inode, then names whose directory existed before, then by old path. */
static int linked_name_compare(const void *a, const void *b)
{
        const struct linked_name *x = a, *y = b;

        if (x->st_after.st_ino != y->st_after.st_ino)
                return x->st_after.st_ino < y->st_after.st_ino ? -1 : 1;
        return x->inner != y->inner ? x->inner - y->inner : strcmp(x->before, y->before);
}

static int linked_name_compare_inode(const void *key, const void *element)
{
        const struct linked_name *name = element;
        ino_t ino = *(const ino_t *)key;

        return ino != name->st_after.st_ino ? (ino < name->st_after.st_ino ? -1 : 1) : 0;
}

const struct linked_name *changes_links_find(const struct changes_walk *walk, ino_t ino)
{
        const struct linked_name *found = NULL;

        assert(walk);
        if (walk->n_names > 0)
                found = bsearch(&ino, walk->names, walk->n_names, sizeof(*walk->names), linked_name_compare_inode);
        while (found && found > walk->names && found[-1].st_after.st_ino == ino)
                found--;
        return found && !found->inner ? found : NULL;
}

void changes_links_sort(struct changes_walk *walk)
{
        assert(walk);
        if (walk->n_names > 1)
                qsort(walk->names, walk->n_names, sizeof(*walk->names), linked_name_compare);
}

/* ---- Names that were removed ---- */

/* The removed names of files with several, by file. */
struct removed_names {
        struct change **list;
        size_t n;
};

static void removed_names_done(struct removed_names *removed)
{
        free(removed->list);
}

static int stats_compare_files(const struct stat *a, const struct stat *b)
{
        if (a->st_dev != b->st_dev)
                return a->st_dev < b->st_dev ? -1 : 1;
        return a->st_ino != b->st_ino ? (a->st_ino < b->st_ino ? -1 : 1) : 0;
}

static bool stats_are_same_file(const struct stat *a, const struct stat *b)
{
        return stats_compare_files(a, b) == 0;
}

static int removed_name_compare(const void *a, const void *b)
{
        const struct change *x = *(struct change *const *)a, *y = *(struct change *const *)b;
        int c = stats_compare_files(&x->before, &y->before);

        return c ? c : strcmp(x->path, y->path);
}

static int removed_names_init(struct removed_names *removed, struct changes *changes)
{
        for (size_t i = 0; i < changes->n; i++) {
                struct change *change = &changes->changes[i], **grown;

                if (change->kind != CHANGE_REMOVE || !change->path || S_ISDIR(change->before.st_mode) ||
                    change->before.st_nlink == 1)
                        continue;
                grown = array_grow(removed->list, removed->n, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                removed->list = grown;
                grown[removed->n++] = change;
        }
        if (removed->n > 1)
                qsort(removed->list, removed->n, sizeof(*removed->list), removed_name_compare);
        return 0;
}

static int removed_name_compare_file(const void *key, const void *element)
{
        return stats_compare_files(key, &(*(struct change *const *)element)->before);
}

/* Returns: the first name of the file @st that isn't part of a move yet, or NULL. */
static struct change *removed_names_find(const struct removed_names *removed, const struct stat *st)
{
        struct change **found, **end;

        if (removed->n == 0)
                return NULL;
        end = removed->list + removed->n;
        found = bsearch(st, removed->list, removed->n, sizeof(*removed->list), removed_name_compare_file);
        while (found && found > removed->list && stats_are_same_file(&found[-1]->before, st))
                found--;
        for (; found && found < end && stats_are_same_file(&(*found)->before, st); found++)
                if ((*found)->path)
                        return *found;
        return NULL;
}

/* ---- Names that were made ---- */

/* The file that the name @change belongs to, as it was before. */
struct linked_origin {
        const char *path;
        const struct stat *st;
};

static int change_compare_after(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->after.st_ino != y->after.st_ino ? (x->after.st_ino < y->after.st_ino ? -1 : 1) : 0;
}

/* Moved files with several names now, by file. */
struct moved_names {
        const struct change **list;
        size_t n;
};

static void moved_names_done(struct moved_names *moved)
{
        free(moved->list);
}

static int moved_names_init(struct moved_names *moved, const struct changes *changes)
{
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *change = &changes->changes[i], **grown;

                if (change->kind != CHANGE_MOVE || S_ISDIR(change->after.st_mode) || change->after.st_nlink == 1)
                        continue;
                grown = array_grow(moved->list, moved->n, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                moved->list = grown;
                grown[moved->n++] = change;
        }
        if (moved->n > 1)
                qsort(moved->list, moved->n, sizeof(*moved->list), change_compare_after);
        return 0;
}

static bool change_find_origin(const struct changes_walk *walk, const struct moved_names *moved,
                               const struct change *change, struct linked_origin *ret)
{
        const struct linked_name *anchor = changes_links_find(walk, change->after.st_ino);
        const struct change **found = NULL;

        if (!anchor && moved->n > 0)
                found = bsearch(&change, moved->list, moved->n, sizeof(*moved->list), change_compare_after);
        if (anchor)
                *ret = (struct linked_origin){ anchor->before, &anchor->st_before };
        else if (found)
                *ret = (struct linked_origin){ (*found)->from, &(*found)->before };
        return anchor || found;
}

static int change_set_origin(struct change *change, const struct linked_origin *origin,
                             const struct removed_names *removed)
{
        struct change *name = change->kind == CHANGE_CREATE ? removed_names_find(removed, origin->st) : NULL;

        if (!name) {
                change->link = strdup(origin->path);
                return change->link ? 0 : -ENOMEM;
        }
        change->kind = CHANGE_MOVE;
        change->inner = false;
        change->before = name->before;
        change->from = TAKE_PTR(name->path);
        return 0;
}

static bool change_makes_name(const struct change *change)
{
        return (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE) && !S_ISDIR(change->after.st_mode) &&
               change->after.st_nlink > 1;
}

static int changes_walk_set_origins(struct changes_walk *walk)
{
        _cleanup_(removed_names_done) struct removed_names removed = { 0 };
        _cleanup_(moved_names_done) struct moved_names moved = { 0 };
        struct linked_origin origin;
        int r;

        r = removed_names_init(&removed, &walk->changes);
        if (r >= 0)
                r = moved_names_init(&moved, &walk->changes);
        for (size_t i = 0; r >= 0 && i < walk->changes.n; i++) {
                struct change *change = &walk->changes.changes[i];

                if (change_makes_name(change) && change_find_origin(walk, &moved, change, &origin))
                        r = change_set_origin(change, &origin, &removed);
        }
        return r;
}

/* ---- Names that were joined ---- */

/* Two files with the same content have become one: this name was replaced. */
static int changes_walk_add_joined_name(struct changes_walk *walk, const struct linked_name *name)
{
        struct change change = {
                .kind = CHANGE_REPLACE,
                .inner = name->inner,
                .before = name->st_before,
                .after = name->st_after,
        };

        if (name->change != NO_CHANGE) {
                walk->changes.changes[name->change].kind = CHANGE_REPLACE;
                return 0;
        }
        return changes_walk_add(walk, change, name->path, name->before);
}

static int changes_walk_match_name(struct changes_walk *walk, const struct linked_name *name)
{
        const struct linked_name *anchor = changes_links_find(walk, name->st_after.st_ino);

        if (!anchor || anchor == name || (!name->inner && stats_are_same_file(&anchor->st_before, &name->st_before)))
                return 0;
        walk->layer.dirs[name->dir].entries = true;
        return changes_walk_add_joined_name(walk, name);
}

int changes_match_links(struct changes_walk *walk)
{
        int r = 0;

        assert(walk);
        for (size_t i = 0; r >= 0 && i < walk->n_names; i++)
                r = changes_walk_match_name(walk, &walk->names[i]);
        changes_sort(&walk->changes); /* so that names are matched in the same order each time */
        return r < 0 ? r : changes_walk_set_origins(walk);
}
