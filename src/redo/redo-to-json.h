/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines of a redo log as they are written. In: the transaction itself, an area, a change, a rename, a change of attributes. Out: JSON. Pure. */

#include "basic/json.h"
#include "redo/redo-path.h"
#include "redo/redo.h"

#define REDO_FORMAT     2
#define REDO_FORMAT_MIN 1 /* without paths that refer to the line above */

#define N_REDO_RENAMES (REDO_EXCHANGE + 1)
#define N_CENSUS_KINDS (CENSUS_UNLISTED + 1)
extern const char *const redo_rename_names[N_REDO_RENAMES];
extern const char *const redo_census_names[N_CENSUS_KINDS];

/* Each returns NULL if memory ran out. @above has the paths of the lines above, and then those of this one. */
json_object *redo_header_to_json(const struct redo *redo);
json_object *redo_area_to_json(const struct redo_area *area);
json_object *redo_change_to_json(const struct change *change, struct redo_paths *above);
json_object *redo_rename_to_json(const struct redo_rename *rename, struct redo_paths *above);
json_object *redo_meta_to_json(const struct redo_meta *meta, struct redo_paths *above);
json_object *redo_census_to_json(const struct redo_census *census, struct redo_paths *above);
