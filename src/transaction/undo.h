/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The undo of a transaction. In: the redo log of an archived one, and its slots. The steps: check that all files are still as the
 * transaction left them (undo-check.c, undo-data.c); write the inverse log (undo-plan.c), from whose appearance on the undo can't be
 * stopped; execute it by the same code as a commit (undo.c).
 */

#include "package/context.h"
#include "transaction/archive.h"

struct undo_question {
        const struct history *history;
        const struct archived *archived;
        const struct archive *newer; /* will be undone before this one; their own checks cover what they changed */
        struct dmig_files *since;    /* gets what was changed since */
};

/*
 * Returns: 0 if all is as the transaction left it; 1 with @error set to the first file in the list that was changed since; -ESTALE with
 * @error set if a directory or the census is missing, or something is mounted over it; or another negative errno with @error set.
 */
_must_check_ int undo_check(const struct undo_question *question, struct error *error);
/* Whether the file is in a place whose files vanish at a reboot. Returns: 1, 0 or -ENOMEM. */
int undo_is_volatile(const struct redo *redo, size_t area, const char *path);
/* Whether the machine was rebooted since the transaction. Returns: 1, 0, or a negative errno. */
_must_check_ int undo_is_of_earlier_boot(const struct redo *redo);
/* Whether the file was in a place whose files vanish at a reboot, and there was one. Returns: 1, 0, or a negative errno. */
_must_check_ int undo_is_lost(const struct redo *redo, size_t area, const char *path);
/*
 * Checks that the areas are on the same mounts as when the transaction was applied. With @force refuses only what is impossible. Returns:
 * as undo_check().
 */
_must_check_ int undo_check_mounts(const struct history *history, const struct archived *archived, bool force,
                                   struct error *error);
/*
 * Writes the inverse log. @keep: of archive_make_overwritten(): undo_finish() moves there what is overwritten; NULL: it is removed. Returns:
 * 0, or a negative errno with @error set; then no file was changed.
 */
_must_check_ int undo_begin(const struct history *history, const struct archived *archived, const char *keep,
                            struct error *error);
/* In the transaction's directory: copies of what an undo overwrites on other file systems, named by slots. */
#define KEPT_DIR "kept"
/* Executes the inverse log, however much of it was done before. Returns: 0, or a negative errno with @error set: the next run resumes it. */
_must_check_ int undo_finish(struct dmig *ctx, struct history *history, const struct archived *archived,
                             struct error *error);
/* Records "undone" for the migration @id. Returns: 0, or a negative errno with @error set. */
_must_check_ int undo_record(struct dmig *ctx, struct history *history, const char *id, struct error *error);
