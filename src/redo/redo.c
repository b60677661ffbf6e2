/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo.h"

#include "basic/array.h"
#include "basic/path.h"

#include <stdio.h>

void redo_area_done(struct redo_area *area)
{
        free(area->path);
        free(area->hold);
}

void redo_rename_done(struct redo_rename *rename)
{
        free(rename->path);
}

void redo_meta_done(struct redo_meta *meta)
{
        free(meta->path);
        free(meta->from);
        attributes_done(&meta->before);
        attributes_done(&meta->after);
}

void redo_census_done(struct redo_census *census)
{
        free(census->path);
}

struct redo *redo_free(struct redo *redo)
{
        if (!redo)
                return NULL;
        for (size_t i = 0; i < redo->n_areas; i++)
                redo_area_done(&redo->areas[i]);
        for (size_t i = 0; i < redo->n_renames; i++)
                redo_rename_done(&redo->renames[i]);
        for (size_t i = 0; i < redo->n_metas; i++)
                redo_meta_done(&redo->metas[i]);
        for (size_t i = 0; i < redo->n_census; i++)
                redo_census_done(&redo->census[i]);
        free(redo->census);
        free(redo->areas);
        free(redo->renames);
        free(redo->metas);
        changes_done(&redo->changes);
        free(redo->id);
        free(redo->sha256);
        free(redo->run);
        free(redo->from);
        free(redo->boot);
        free(redo->keep);
        free(redo);
        return NULL;
}

int redo_add_area(struct redo *redo, struct redo_area *area)
{
        struct redo_area *grown;

        assert(redo && area);
        grown = array_grow(redo->areas, redo->n_areas, sizeof(*grown));
        if (!grown) {
                redo_area_done(area);
                return -ENOMEM;
        }
        redo->areas = grown;
        grown[redo->n_areas++] = *area;
        return 0;
}

int redo_add_rename(struct redo *redo, struct redo_rename *rename)
{
        struct redo_rename *grown;

        assert(redo && rename);
        grown = array_grow(redo->renames, redo->n_renames, sizeof(*grown));
        if (!grown) {
                redo_rename_done(rename);
                return -ENOMEM;
        }
        redo->renames = grown;
        grown[redo->n_renames++] = *rename;
        return 0;
}

int redo_add_meta(struct redo *redo, struct redo_meta *meta)
{
        struct redo_meta *grown;

        assert(redo && meta);
        grown = array_grow(redo->metas, redo->n_metas, sizeof(*grown));
        if (!grown) {
                redo_meta_done(meta);
                return -ENOMEM;
        }
        redo->metas = grown;
        grown[redo->n_metas++] = *meta;
        return 0;
}

int redo_add_census(struct redo *redo, struct redo_census *census)
{
        struct redo_census *grown;

        assert(redo && census);
        grown = array_grow(redo->census, redo->n_census, sizeof(*grown));
        if (!grown) {
                redo_census_done(census);
                return -ENOMEM;
        }
        redo->census = grown;
        grown[redo->n_census++] = *census;
        return 0;
}

int redo_list_files(const struct redo *redo, struct dmig_files *files)
{
        int r = 0;

        assert(redo && files);
        for (size_t i = 0; r >= 0 && i < redo->changes.n; i++)
                r = files_add_change(files, redo->areas[redo->changes.changes[i].area].path, &redo->changes.changes[i]);
        return r < 0 ? r : 0;
}

bool redo_has_holds(const struct redo *redo)
{
        assert(redo);
        for (size_t i = 0; i < redo->n_areas; i++)
                if (redo->areas[i].hold)
                        return true;
        return false;
}

int redo_format_path(const struct redo *redo, size_t area, const char *path, char **ret)
{
        const char *root;
        char *made;

        assert(redo && area < redo->n_areas && path && ret);
        root = redo->areas[area].path;
        if (asprintf(&made, "%s%s%s", *path && streq(root, "/") ? "" : root, *path ? "/" : "", path) < 0)
                return -ENOMEM;
        *ret = made;
        return 0;
}

size_t redo_find_area(const struct redo *redo, const char *path, const char **ret)
{
        size_t found = SIZE_MAX;

        assert(redo && path && ret);
        for (size_t i = 0; i < redo->n_areas; i++) {
                const char *below = path_startswith(path, redo->areas[i].path);

                if (below && (found == SIZE_MAX || below > *ret)) {
                        *ret = below;
                        found = i;
                }
        }
        return found;
}
