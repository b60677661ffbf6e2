/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-to-json.h"

const char *const redo_rename_names[N_REDO_RENAMES] = {
        [REDO_DETACH] = "detach",
        [REDO_INSTALL] = "install",
        [REDO_EXCHANGE] = "exchange",
};

const char *const redo_census_names[N_CENSUS_KINDS] = {
        [CENSUS_TREE] = "tree",     [CENSUS_FLAT] = "flat",         [CENSUS_BESIDE] = "beside",
        [CENSUS_LISTED] = "listed", [CENSUS_UNLISTED] = "unlisted",
};

/* Leaves out NULL. @above: as for redo_path_to_json(). */
static int redo_json_put_path(json_object *object, const char *key, const char *path, const char **above)
{
        json_object *value;
        int r;

        if (!path)
                return 0;
        r = redo_path_to_json(path, above, &value);
        return r < 0 ? r : json_add(object, key, value);
}

/* Leaves out NULL. */
static int redo_json_put_name(json_object *object, const char *key, const char *name)
{
        const char *none = NULL;

        return redo_json_put_path(object, key, name, &none);
}

static int redo_json_put_attributes(json_object *object, const char *key, const struct attributes *attributes)
{
        json_object *value;
        int r;

        if (!attributes->st.st_mode)
                return 0;
        r = attributes_to_json(attributes, &value);
        return r < 0 ? r : json_add(object, key, value);
}

static int redo_json_new(json_object **ret)
{
        *ret = json_object_new_object();
        return *ret ? 0 : -ENOMEM;
}

json_object *redo_header_to_json(const struct redo *redo)
{
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || json_add_int(object, "transaction", REDO_FORMAT) < 0 ||
            json_add_string(object, "id", redo->id) < 0 || json_add_string(object, "sha256", redo->sha256) < 0 ||
            json_add_string(object, "run", redo->run) < 0 || json_add_string(object, "from", redo->from) < 0 ||
            (redo->boot && json_add_string(object, "boot", redo->boot) < 0) ||
            (redo->keep && json_add_string(object, "keep", redo->keep) < 0) ||
            json_add_int(object, "upgrade", redo->upgrade) < 0 ||
            json_add_int(object, "position", redo->position) < 0 ||
            json_add_int(object, "duration_ms", redo->duration_ms) < 0)
                return NULL;
        return TAKE_PTR(object);
}

json_object *redo_area_to_json(const struct redo_area *area)
{
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || redo_json_put_name(object, "root", area->path) < 0 ||
            redo_json_put_name(object, "hold", area->hold) < 0 ||
            json_add_int(object, "slots", (int64_t)area->slots) < 0 ||
            (area->memory && json_add(object, "memory", json_object_new_boolean(true)) < 0))
                return NULL;
        return TAKE_PTR(object);
}

static struct attributes change_join_attributes(const struct stat *st, const struct change_details *details)
{
        return (struct attributes){ .st = *st, .xattrs = details->xattrs, .n_xattrs = details->n_xattrs };
}

json_object *redo_change_to_json(const struct change *change, struct redo_paths *above)
{
        const struct attributes before = change_join_attributes(&change->before, &change->details_before),
                                after = change_join_attributes(&change->after, &change->details_after);
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || json_add_string(object, "change", change_kind_to_string(change->kind)) < 0 ||
            json_add_int(object, "area", (int64_t)change->area) < 0 ||
            redo_json_put_path(object, "path", change->path, &above->path) < 0 ||
            redo_json_put_path(object, "from", change->from, &above->from) < 0 ||
            (change->inner && json_add(object, "inner", json_object_new_boolean(true)) < 0) ||
            redo_json_put_attributes(object, "before", &before) < 0 ||
            redo_json_put_attributes(object, "after", &after) < 0 ||
            redo_json_put_name(object, "target_before", change->details_before.target) < 0 ||
            redo_json_put_name(object, "target_after", change->details_after.target) < 0)
                return NULL;
        return TAKE_PTR(object);
}

json_object *redo_rename_to_json(const struct redo_rename *rename, struct redo_paths *above)
{
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || json_add_string(object, "rename", redo_rename_names[rename->kind]) < 0 ||
            json_add_int(object, "area", (int64_t)rename->area) < 0 ||
            redo_json_put_path(object, "path", rename->path, &above->path) < 0 ||
            json_add_int(object, "slot", rename->slot) < 0 || json_add_int(object, "ino", (int64_t)rename->ino) < 0 ||
            (rename->replaced && json_add_int(object, "replaced", (int64_t)rename->replaced) < 0) ||
            (rename->image && json_add(object, "image", json_object_new_boolean(true)) < 0))
                return NULL;
        return TAKE_PTR(object);
}

json_object *redo_meta_to_json(const struct redo_meta *meta, struct redo_paths *above)
{
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || redo_json_put_path(object, "attributes", meta->path, &above->path) < 0 ||
            json_add_int(object, "area", (int64_t)meta->area) < 0 ||
            redo_json_put_path(object, "from", meta->from, &above->from) < 0 ||
            redo_json_put_attributes(object, "before", &meta->before) < 0 ||
            redo_json_put_attributes(object, "after", &meta->after) < 0 ||
            (meta->born && json_add_int(object, "born", meta->born) < 0))
                return NULL;
        return TAKE_PTR(object);
}

json_object *redo_census_to_json(const struct redo_census *census, struct redo_paths *above)
{
        _cleanup_(json_object_putp) json_object *object = NULL;

        if (redo_json_new(&object) < 0 || json_add_string(object, "census", redo_census_names[census->kind]) < 0 ||
            json_add_int(object, "area", (int64_t)census->area) < 0 ||
            redo_json_put_path(object, "path", census->path, &above->path) < 0 ||
            json_add_int(object, "sec", census->time.tv_sec) < 0 ||
            json_add_int(object, "nsec", census->time.tv_nsec) < 0 ||
            (census->kind == CENSUS_LISTED &&
             (json_add_int(object, "mode", census->mode) < 0 || json_add_int(object, "size", census->size) < 0)))
                return NULL;
        return TAKE_PTR(object);
}
