/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The lines of a redo log. In: the transaction itself, an area, a change, a rename or a change of attributes. Out: a JSON object; and back.
 * Pure.
 */

#include "basic/json.h"
#include "redo/redo-path.h"
#include "redo/redo.h"

/* Each returns NULL if memory ran out. @above has the paths of the lines above, and then those of this one. */
json_object *redo_header_to_json(const struct redo *redo);
json_object *redo_area_to_json(const struct redo_area *area);
json_object *redo_change_to_json(const struct change *change, struct redo_paths *above);
json_object *redo_rename_to_json(const struct redo_rename *rename, struct redo_paths *above);
json_object *redo_meta_to_json(const struct redo_meta *meta, struct redo_paths *above);
json_object *redo_census_to_json(const struct redo_census *census, struct redo_paths *above);

/* Adds @object, any of these, to @redo. Returns: 0, -EBADMSG if it is none of them, or -ENOMEM. */
_must_check_ int redo_add_json(struct redo *redo, json_object *object, struct redo_paths *above);
