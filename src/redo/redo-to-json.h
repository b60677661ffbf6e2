/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines of a redo log as they are written. In: the transaction itself, an area, a change, a rename, a change of attributes. Out: JSON. Pure. */

#include "basic/json-text.h"
#include "redo/redo-path.h"
#include "redo/redo.h"

#define REDO_FORMAT     2
#define REDO_FORMAT_MIN 1 /* without paths that refer to the line above */

#define N_REDO_RENAMES (REDO_EXCHANGE + 1)
#define N_CENSUS_KINDS (CENSUS_UNLISTED + 1)
extern const char *const redo_rename_names[N_REDO_RENAMES];
extern const char *const redo_census_names[N_CENSUS_KINDS];

/* Each adds its line, without a newline, to @line. @above has the paths of the lines above, and then those of this one. */
void redo_header_to_json(const struct redo *redo, struct json_text *line);
void redo_area_to_json(const struct redo_area *area, struct json_text *line);
void redo_change_to_json(const struct change *change, struct redo_paths *above, struct json_text *line);
void redo_rename_to_json(const struct redo_rename *rename, struct redo_paths *above, struct json_text *line);
void redo_meta_to_json(const struct redo_meta *meta, struct redo_paths *above, struct json_text *line);
void redo_census_to_json(const struct redo_census *census, struct redo_paths *above, struct json_text *line);
