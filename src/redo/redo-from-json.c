/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-from-json.h"

#include "redo/redo-to-json.h"

#include <limits.h>

static int redo_json_get_area(const struct redo *redo, json_object *object, size_t *ret)
{
        int64_t area;

        if (json_get_int(object, "area", &area) < 0 || area < 0 || (size_t)area >= redo->n_areas)
                return -EBADMSG;
        *ret = (size_t)area;
        return 0;
}

static int redo_json_get_optional_int(json_object *object, const char *key, int64_t *ret)
{
        return json_object_object_get(object, key) ? json_get_int(object, key, ret) : 0;
}

static int redo_json_get_text(json_object *object, const char *key, char **ret)
{
        const char *text = json_get_string(object, key);

        if (!text)
                return -EBADMSG;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

/* A missing key leaves @ret unchanged. @above: as for redo_path_from_json(). */
static int redo_json_get_path(json_object *object, const char *key, const char **above, char **ret)
{
        json_object *value;

        return json_object_object_get_ex(object, key, &value) ? redo_path_from_json(value, above, ret) : 0;
}

/* The same for a path that no other refers to. */
static int redo_json_get_name(json_object *object, const char *key, char **ret)
{
        const char *none = NULL;

        return redo_json_get_path(object, key, &none, ret);
}

static int redo_json_get_attributes(json_object *object, const char *key, struct attributes *ret)
{
        json_object *value = json_object_object_get(object, key);

        return value ? attributes_from_json(value, ret) : 0;
}

/* A missing key leaves @ret unchanged. */
static int redo_json_get_optional_text(json_object *object, const char *key, char **ret)
{
        return json_object_object_get(object, key) ? redo_json_get_text(object, key, ret) : 0;
}

static int results_first_error(const int *results, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (results[i] < 0)
                        return results[i];
        return 0;
}
#define FIRST_ERROR(...) \
        results_first_error((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static int redo_header_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        int64_t format;

        (void)above;
        if (redo->id || json_get_int(object, "transaction", &format) < 0 || format < REDO_FORMAT_MIN ||
            format > REDO_FORMAT)
                return -EBADMSG;
        return FIRST_ERROR(
                redo_json_get_text(object, "id", &redo->id), redo_json_get_text(object, "sha256", &redo->sha256),
                redo_json_get_text(object, "run", &redo->run), redo_json_get_text(object, "from", &redo->from),
                redo_json_get_optional_text(object, "boot", &redo->boot),
                redo_json_get_optional_text(object, "keep", &redo->keep),
                json_get_int(object, "upgrade", &redo->upgrade), json_get_int(object, "position", &redo->position),
                json_get_int(object, "duration_ms", &redo->duration_ms));
}

static int redo_area_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        struct redo_area area = { 0 };
        int64_t slots = 0;
        int r;

        (void)above;
        r = FIRST_ERROR(redo_json_get_name(object, "root", &area.path), redo_json_get_name(object, "hold", &area.hold),
                        json_get_int(object, "slots", &slots));
        area.slots = (uint64_t)slots;
        area.memory = json_object_get_boolean(json_object_object_get(object, "memory"));
        if (r >= 0 && !area.path)
                r = -EBADMSG;
        return r < 0 ? (redo_area_done(&area), r) : redo_add_area(redo, &area);
}

/* Takes over what @attributes has. */
static void change_split_attributes(struct attributes *attributes, struct stat *ret_st, struct change_details *ret)
{
        *ret_st = attributes->st;
        ret->xattrs = attributes->xattrs;
        ret->n_xattrs = attributes->n_xattrs;
}

static int redo_change_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        struct attributes before = { 0 }, after = { 0 };
        struct change change = { 0 };
        _cleanup_free_ char *kind = NULL;
        int r;

        r = FIRST_ERROR(redo_json_get_text(object, "change", &kind), redo_json_get_area(redo, object, &change.area),
                        redo_json_get_path(object, "path", &above->path, &change.path),
                        redo_json_get_path(object, "from", &above->from, &change.from),
                        redo_json_get_attributes(object, "before", &before),
                        redo_json_get_attributes(object, "after", &after),
                        redo_json_get_name(object, "target_before", &change.details_before.target),
                        redo_json_get_name(object, "target_after", &change.details_after.target));
        change_split_attributes(&before, &change.before, &change.details_before);
        change_split_attributes(&after, &change.after, &change.details_after);
        change.inner = json_object_get_boolean(json_object_object_get(object, "inner"));

        if (r >= 0) {
                r = change_kind_from_string(kind);
                change.kind = r < 0 ? CHANGE_CREATE : (enum change_kind)r;
        }
        if (r >= 0 && (!change.path || (change.kind == CHANGE_MOVE && !change.from)))
                r = -EBADMSG;
        return r < 0 ? (change_done(&change), r == -ENOMEM ? r : -EBADMSG) : changes_add(&redo->changes, &change);
}

static int redo_rename_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        struct redo_rename rename = { 0 };
        _cleanup_free_ char *kind = NULL;
        int64_t slot = 0, ino = 0, replaced = 0;
        int r;

        r = FIRST_ERROR(redo_json_get_text(object, "rename", &kind), redo_json_get_area(redo, object, &rename.area),
                        redo_json_get_path(object, "path", &above->path, &rename.path),
                        json_get_int(object, "slot", &slot), json_get_int(object, "ino", &ino),
                        redo_json_get_optional_int(object, "replaced", &replaced));
        rename.replaced = (uint64_t)replaced;
        rename.slot = (unsigned)slot;
        rename.ino = (uint64_t)ino;
        rename.image = json_object_get_boolean(json_object_object_get(object, "image"));

        assert(r < 0 || kind);
        while (r >= 0 && rename.kind < N_REDO_RENAMES && !streq(redo_rename_names[rename.kind], kind))
                rename.kind++;
        if (r >= 0 && (rename.kind == N_REDO_RENAMES || !rename.path || slot < 0 || slot > UINT_MAX))
                r = -EBADMSG;
        return r < 0 ? (redo_rename_done(&rename), r) : redo_add_rename(redo, &rename);
}

static int redo_meta_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        struct redo_meta meta = { 0 };
        int r;

        r = FIRST_ERROR(redo_json_get_path(object, "attributes", &above->path, &meta.path),
                        redo_json_get_area(redo, object, &meta.area),
                        redo_json_get_path(object, "from", &above->from, &meta.from),
                        redo_json_get_attributes(object, "before", &meta.before),
                        redo_json_get_attributes(object, "after", &meta.after),
                        redo_json_get_optional_int(object, "born", &meta.born));
        if (r >= 0 && !meta.path)
                r = -EBADMSG;
        return r < 0 ? (redo_meta_done(&meta), r) : redo_add_meta(redo, &meta);
}

static int redo_census_from_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        int64_t sec = 0, nsec = 0, mode = 0, size = 0;
        struct redo_census census = { 0 };
        _cleanup_free_ char *kind = NULL;
        int r;

        r = FIRST_ERROR(redo_json_get_text(object, "census", &kind), redo_json_get_area(redo, object, &census.area),
                        redo_json_get_path(object, "path", &above->path, &census.path),
                        json_get_int(object, "sec", &sec), json_get_int(object, "nsec", &nsec));
        assert(r < 0 || kind);
        while (r >= 0 && census.kind < N_CENSUS_KINDS && !streq(redo_census_names[census.kind], kind))
                census.kind++;
        if (r >= 0 && (census.kind == N_CENSUS_KINDS || !census.path))
                r = -EBADMSG;
        if (r >= 0 && census.kind == CENSUS_LISTED)
                r = FIRST_ERROR(json_get_int(object, "mode", &mode), json_get_int(object, "size", &size));
        census.mode = (mode_t)mode;
        census.size = (off_t)size;
        census.time = (struct timespec){ .tv_sec = sec, .tv_nsec = nsec };
        return r < 0 ? (redo_census_done(&census), r) : redo_add_census(redo, &census);
}

int redo_add_json(struct redo *redo, json_object *object, struct redo_paths *above)
{
        static const struct {
                const char *key;
                int (*add)(struct redo *redo, json_object *object, struct redo_paths *above);
        } kinds[] = {
                { "transaction", redo_header_from_json }, { "root", redo_area_from_json },
                { "change", redo_change_from_json },      { "rename", redo_rename_from_json },
                { "attributes", redo_meta_from_json },    { "census", redo_census_from_json },
        };

        assert(redo && object && above);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (json_object_object_get(object, kinds[i].key))
                        return i > 0 && !redo->id ? -EBADMSG : kinds[i].add(redo, object, above);
        return -EBADMSG;
}
