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
static void redo_json_put_path(struct json_text *line, const char *key, const char *path, const char **above)
{
        if (path)
                redo_path_to_json(line, key, path, above);
}

/* Leaves out NULL. */
static void redo_json_put_name(struct json_text *line, const char *key, const char *name)
{
        const char *none = NULL;

        redo_json_put_path(line, key, name, &none);
}

static void redo_json_put_attributes(struct json_text *line, const char *key, const struct attributes *attributes)
{
        if (attributes->st.st_mode)
                attributes_to_json(attributes, key, line);
}

void redo_header_to_json(const struct redo *redo, struct json_text *line)
{
        assert(redo && line);
        json_text_open(line, NULL, '{');
        json_text_add_int(line, "transaction", REDO_FORMAT);
        json_text_add_string(line, "id", redo->id);
        json_text_add_string(line, "sha256", redo->sha256);
        json_text_add_string(line, "run", redo->run);
        json_text_add_string(line, "from", redo->from);
        if (redo->boot)
                json_text_add_string(line, "boot", redo->boot);
        if (redo->keep)
                json_text_add_string(line, "keep", redo->keep);
        json_text_add_int(line, "upgrade", redo->upgrade);
        json_text_add_int(line, "position", redo->position);
        json_text_add_int(line, "duration_ms", redo->duration_ms);
        json_text_close(line, '}');
}

void redo_area_to_json(const struct redo_area *area, struct json_text *line)
{
        assert(area && line);
        json_text_open(line, NULL, '{');
        redo_json_put_name(line, "root", area->path);
        redo_json_put_name(line, "hold", area->hold);
        json_text_add_int(line, "slots", (int64_t)area->slots);
        if (area->memory)
                json_text_add_true(line, "memory");
        json_text_close(line, '}');
}

void redo_change_to_json(const struct change *change, struct redo_paths *above, struct json_text *line)
{
        const struct attributes before = change_get_attributes(&change->before, &change->details_before),
                                after = change_get_attributes(&change->after, &change->details_after);

        assert(line);
        json_text_open(line, NULL, '{');
        json_text_add_string(line, "change", change_kind_to_string(change->kind));
        json_text_add_int(line, "area", (int64_t)change->area);
        redo_json_put_path(line, "path", change->path, &above->path);
        redo_json_put_path(line, "from", change->from, &above->from);
        if (change->inner)
                json_text_add_true(line, "inner");
        redo_json_put_attributes(line, "before", &before);
        redo_json_put_attributes(line, "after", &after);
        redo_json_put_name(line, "target_before", change->details_before.target);
        redo_json_put_name(line, "target_after", change->details_after.target);
        json_text_close(line, '}');
}

void redo_rename_to_json(const struct redo_rename *rename, struct redo_paths *above, struct json_text *line)
{
        assert(rename && above && line);
        json_text_open(line, NULL, '{');
        json_text_add_string(line, "rename", redo_rename_names[rename->kind]);
        json_text_add_int(line, "area", (int64_t)rename->area);
        redo_json_put_path(line, "path", rename->path, &above->path);
        json_text_add_int(line, "slot", rename->slot);
        json_text_add_int(line, "ino", (int64_t)rename->ino);
        if (rename->replaced)
                json_text_add_int(line, "replaced", (int64_t)rename->replaced);
        if (rename->image)
                json_text_add_true(line, "image");
        json_text_close(line, '}');
}

void redo_meta_to_json(const struct redo_meta *meta, struct redo_paths *above, struct json_text *line)
{
        assert(meta && above && line);
        json_text_open(line, NULL, '{');
        redo_json_put_path(line, "attributes", meta->path, &above->path);
        json_text_add_int(line, "area", (int64_t)meta->area);
        redo_json_put_path(line, "from", meta->from, &above->from);
        redo_json_put_attributes(line, "before", &meta->before);
        redo_json_put_attributes(line, "after", &meta->after);
        if (meta->born)
                json_text_add_int(line, "born", meta->born);
        json_text_close(line, '}');
}

void redo_census_to_json(const struct redo_census *census, struct redo_paths *above, struct json_text *line)
{
        assert(census && above && line);
        json_text_open(line, NULL, '{');
        json_text_add_string(line, "census", redo_census_names[census->kind]);
        json_text_add_int(line, "area", (int64_t)census->area);
        redo_json_put_path(line, "path", census->path, &above->path);
        json_text_add_int(line, "sec", census->time.tv_sec);
        json_text_add_int(line, "nsec", census->time.tv_nsec);
        if (census->kind == CENSUS_LISTED) {
                json_text_add_int(line, "mode", census->mode);
                json_text_add_int(line, "size", census->size);
        }
        json_text_close(line, '}');
}
