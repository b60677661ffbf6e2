/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where a file comes from. In: a redo log, and a path after all of its renames. Out: the file's place before them. A path can name one
 * file before the renames, another one between two of them, and a third one after them. Pure.
 */

#include "redo/redo.h"

struct redo_trace;

/* Borrows the renames of @redo. Returns: 0 or -ENOMEM. */
_must_check_ int redo_trace_new(const struct redo *redo, struct redo_trace **ret);
struct redo_trace *redo_trace_free(struct redo_trace *trace);
DEFINE_CLEANUP(struct redo_trace *, redo_trace_free);

struct redo_origin {
        bool in_slot; /* @path is relative to the area's slots, and begins with a slot's name; else to the area's root */
        char *path;
};

/* Returns: 0 with @ret, whose path is to be freed, or -ENOMEM. */
_must_check_ int redo_trace_back(const struct redo_trace *trace, size_t area, const char *path,
                                 struct redo_origin *ret);
