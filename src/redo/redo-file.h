/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of a redo log. In: a log. Out: a file that is either complete or reported as damaged; and the log again. */

#include "redo/redo.h"

#define REDO_FILE   "redo.jsonl"
#define UNDO_FILE   "undo.jsonl"   /* the inverse log, once an undo has begun */
#define HOLDS_FILE  "holds.jsonl"  /* only the areas: the holds that have to be removed if no commit follows */
#define CENSUS_FILE "slots/census" /* only the areas and the census; with the slots, as only an undo needs it */

struct redo_file {
        int dir;
        const char *name;
        const char *path; /* of @dir, for messages */
};

/* Writes the file @name in @dir, which appears once it is complete and durable. Returns: 0, or a negative errno. */
_must_check_ int redo_write(const struct redo *redo, int dir, const char *name);
/* The same without a sync: the file must not be relied on before @dir's file system is synced. */
_must_check_ int redo_write_unsynced(const struct redo *redo, int dir, const char *name);
/* Returns: 0, -ENOENT, -EBADMSG with @error set to path, line and reason, or another negative errno. */
int redo_read(const struct redo_file *file, struct redo **ret, struct error *error);
