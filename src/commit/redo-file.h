/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of a redo log, written once and whole. In: a log. Out: a file that is complete or reported as damaged, and a log again. */

#include "commit/redo.h"

#define REDO_FILE  "redo.jsonl"
#define UNDO_FILE  "undo.jsonl"  /* the inverse, once an undo has begun */
#define HOLDS_FILE "holds.jsonl" /* areas alone: what has to be cleaned up if it comes to nothing */

/* Writes the file @name in @dir, which appears when it is whole and durable. Returns: 0, or a negative errno. */
int redo_write(const struct redo *redo, int dir, const char *name);
/* The same for one that counts for nothing until what @dir lies on was synced: before that a crash may leave a part of it. */
int redo_write_unsynced(const struct redo *redo, int dir, const char *name);
/* Returns: 0, -ENOENT, -EBADMSG with @error set to @where, line and reason, or another errno. @where: what @dir is called. */
int redo_read(int dir, const char *name, const char *where, struct redo **ret, struct error *error);
