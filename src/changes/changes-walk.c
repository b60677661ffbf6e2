/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-walk.h"

#include "basic/io.h"
#include "fs/beneath.h"

void walk_done(struct walk *walk)
{
        layer_done(&walk->layer);
        changes_done(&walk->changes);
        for (size_t i = 0; i < walk->n_names; i++) {
                free(walk->names[i].path);
                free(walk->names[i].before);
        }
        free(walk->names);
}

int walk_add(struct walk *walk, struct change change, const char *path, const char *from)
{
        bool moved = from && (change.kind == CHANGE_MOVE || !streq(from, path));

        change.area = walk->request->number;
        change.path = strdup(path);
        change.from = moved ? strdup(from) : NULL;
        if (!change.path || (moved && !change.from)) {
                change_done(&change);
                return -ENOMEM;
        }
        return changes_add(&walk->changes, &change);
}

/* ---- Removed directories --------------------------------------------------------------------- */

static int add_lost(struct walk *walk, int dir, const char *name, const char *directory)
{
        struct change change = { .kind = CHANGE_REMOVE, .inner = true };
        _cleanup_free_ char *path = NULL;
        int r;

        r = layer_stat(dir, name, &change.before);
        if (r <= 0)
                return r;
        r = layer_join(directory, name, &path);
        if (r < 0 || (S_ISDIR(change.before.st_mode) && layer_was_moved(&walk->layer, path)))
                return r;
        return walk_add(walk, change, path, NULL);
}

/* What was in the directory that the change removed. */
static int add_content(struct walk *walk, const char *path)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = below_open_entries(walk->request->lower, path, &dir);
        while (r >= 0 && (r = below_next(dir, &entry)) > 0)
                r = add_lost(walk, dirfd(dir), entry->d_name, path);
        return r;
}

static bool removes_directory(const struct change *change)
{
        return S_ISDIR(change->before.st_mode) && !S_ISDIR(change->after.st_mode) &&
               (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* Directories among what is found come behind, and have their turn. */
static int add_contents(struct walk *walk, struct error *error)
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

/* ---- All of it ------------------------------------------------------------------------------- */

int walk_run(struct walk *ret, struct error *error)
{
        int r;

        window_init(&ret->window, ret->request->begin);
        r = layer_read(ret->request, &ret->layer, error);
        for (size_t i = 0; r >= 0 && i < ret->layer.n; i++) {
                r = walk_visit(ret, &ret->layer.dirs[i]);
                if (r < 0)
                        return changes_failed(ret->request, ret->layer.dirs[i].path, r, error);
        }
        return r < 0 ? r : add_contents(ret, error);
}

int walk_add_entries(struct walk *walk)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < walk->layer.n; i++) {
                const struct layer_dir *dir = &walk->layer.dirs[i];
                const struct change change = { .kind = CHANGE_ENTRIES,
                                               .before = dir->st_before,
                                               .after = dir->st_after };

                if (dir->merged && dir->entries)
                        r = walk_add(walk, change, dir->path, dir->before);
        }
        return r;
}
