/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The paths in a redo log, as JSON values and back. A path that begins like the one on the line above is an array: how many names they have
 * in common, and the rest. Any other path, and one that has only a few bytes in common, is a string. Pure.
 */

#include "basic/json-text.h"
#include "basic/json.h"

/* The last paths of a log so far; NULL if there is none. They belong to the log. */
struct redo_paths {
        const char *path;
        const char *from;
};

/* Both set @above to the path. */
void redo_path_to_json(struct json_text *text, const char *key, const char *path, const char **above);
/* Returns: 0, -EBADMSG if @value is no such path, or -ENOMEM. */
_must_check_ int redo_path_from_json(json_object *value, const char **above, char **ret);
