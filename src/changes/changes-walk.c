/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-walk.h"

void changes_walk_done(struct changes_walk *walk)
{
        layer_trails_done(&walk->trails);
        changes_layer_done(&walk->layer);
        changes_done(&walk->changes);
        for (size_t i = 0; i < walk->n_names; i++) {
                free(walk->names[i].path);
                free(walk->names[i].before);
        }
        free(walk->names);
}

int changes_walk_add(struct changes_walk *walk, struct change change, const char *path, const char *from)
{
        bool moved = from && (change.kind == CHANGE_MOVE || !streq(from, path));

        assert(walk && path);
        change.area = walk->request->number;
        change.path = strdup(path);
        change.from = moved ? strdup(from) : NULL;
        if (!change.path || (moved && !change.from)) {
                change_done(&change);
                return -ENOMEM;
        }
        return changes_add(&walk->changes, &change);
}

int changes_walk_add_entries(struct changes_walk *walk)
{
        int r = 0;

        assert(walk);
        for (size_t i = 0; r >= 0 && i < walk->layer.n; i++) {
                const struct layer_dir *dir = &walk->layer.dirs[i];
                const struct change change = { .kind = CHANGE_ENTRIES,
                                               .before = dir->st_before,
                                               .after = dir->st_after };

                if (dir->merged && dir->entries)
                        r = changes_walk_add(walk, change, dir->path, dir->before);
        }
        return r;
}
