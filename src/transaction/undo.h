/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The undo of a transaction. In: the redo log of an archived one, and its slots. The steps: check that all files are still as the
 * transaction left them (undo-check.c, undo-mounts.c); write the inverse log (undo-plan.c), from whose appearance on the undo can't be
 * stopped; execute it by the same code as a commit (undo.c).
 */

#include "package/context.h"
#include "transaction/archive.h"

/*
 * @newer: the transactions that will be undone before this one; their own checks cover what they changed. Returns: 0, -ESTALE with @error
 * set to a file that was changed since, or another negative errno.
 */
_must_check_ int undo_check(const struct history *history, const struct archived *archived, const struct archive *newer,
                            struct error *error);
/*
 * Checks that the areas are on the same mounts as when the transaction was applied. With @force refuses only what is impossible. Returns:
 * as undo_check().
 */
_must_check_ int undo_check_mounts(const struct history *history, const struct archived *archived, bool force,
                                   struct error *error);
/* Writes the inverse log. Returns: 0, or a negative errno with @error set; then no file was changed. */
_must_check_ int undo_begin(const struct history *history, const struct archived *archived, struct error *error);
/* Executes the inverse log, however much of it was done before. Returns: 0, or a negative errno with @error set: the next run resumes it. */
_must_check_ int undo_finish(struct dmig *ctx, struct history *history, const struct archived *archived,
                             struct error *error);
/* Records "undone" for the migration @id. Returns: 0, or a negative errno with @error set. */
_must_check_ int undo_record(struct dmig *ctx, struct history *history, const char *id, struct error *error);
