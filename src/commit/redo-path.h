/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The paths in a redo log. In: a path, and the one that stands in the same place on a line above. Out: the path as a text; or, if it has a
 * long beginning in common with the other, as an array of the number of names that are the same and the rest. And back. Pure.
 */

#include "basic/json.h"

/* The last paths of a log so far; NULL if there is none. They belong to the log. */
struct redo_paths {
        const char *path;
        const char *from;
};

/* Both set @above to the path. Returns: 0, -EBADMSG if @value is no such path, or -ENOMEM. */
_must_check_ int redo_path_to_json(const char *path, const char **above, json_object **ret);
_must_check_ int redo_path_from_json(json_object *value, const char **above, char **ret);
