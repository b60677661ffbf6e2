/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One line of a redo log: a JSON object for the transaction itself, an area, a change, a rename or a change of attributes. Pure. */

#include "basic/json.h"
#include "commit/redo.h"

/* Each returns NULL where memory ran out. */
json_object *redo_header_to_json(const struct redo *redo);
json_object *redo_area_to_json(const struct redo_area *area);
json_object *redo_change_to_json(const struct change *change);
json_object *redo_rename_to_json(const struct redo_rename *rename);
json_object *redo_meta_to_json(const struct redo_meta *meta);

/* Adds what @object says to @redo. Returns: 0, -EBADMSG where it isn't one that was written here, or -ENOMEM. */
int redo_add_json(struct redo *redo, json_object *object);
