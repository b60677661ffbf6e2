/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines of a redo log as they are read. In: JSON objects, one by one. Out: the log. Pure. */

#include "basic/json.h"
#include "redo/redo-path.h"
#include "redo/redo.h"

/*
 * Adds @object, any of those of redo-to-json.h, to @redo. @above has the paths of the lines above, and then those of this one. Returns: 0,
 * -EBADMSG if it is none of them, or -ENOMEM.
 */
_must_check_ int redo_add_json(struct redo *redo, json_object *object, struct redo_paths *above);
