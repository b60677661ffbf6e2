/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A transaction backwards. In: the redo log of one that is kept, and its slots. The steps: look whether what it left is still as it
 * was left (undo-check.c); write the inverse log (undo-plan.c), with whose appearance the undo happens, whatever comes; do what
 * that says, by the same code as a commit (undo.c).
 */

#include "package/context.h"
#include "transaction/archive.h"

/*
 * @newer: those that will be undone before this one, whose own check looks after what they changed. Returns: 0, -ESTALE with @error
 * set to a file that was changed since, or another negative errno.
 */
int undo_check(const struct history *history, const struct archived *archived, const struct archive *newer,
               struct error *error);
/*
 * Whether its areas are on the file systems that they were on: where they aren't, -ESTALE. With @force only what can't be done at all is
 * refused. Returns: as undo_check().
 */
int undo_check_mounts(const struct history *history, const struct archived *archived, bool force, struct error *error);
/* From here on it happens. Returns: 0, or a negative errno with @error set; then nothing was changed. */
int undo_begin(const struct history *history, const struct archived *archived, struct error *error);
/* From wherever it was left. Returns: 0, or a negative errno with @error set: the next run goes on. */
int undo_finish(struct dmig *ctx, struct history *history, const struct archived *archived, struct error *error);
/* Writes "undone" for the migration @id into the history. Returns: 0, or a negative errno with @error set. */
int undo_record(struct dmig *ctx, struct history *history, const char *id, struct error *error);
