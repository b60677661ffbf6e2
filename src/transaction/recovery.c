/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a run has to finish or remove before it does anything else with a package. In: the history's state, the stage, and the archived
 * transactions. Out: no commit or undo that has begun without ending, and no leftovers.
 */

#include "transaction/transaction.h"

#include "fs/beneath.h"
#include "package/emit.h"
#include "redo/redo-file.h"
#include "transaction/archive.h"
#include "transaction/prepared.h"
#include "transaction/undo.h"

#include <fcntl.h>
#include <syslog.h>

static int transaction_recover_commit(struct dmig *ctx, struct history *history, const char *id, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_close_ int turn = -EBADF;
        int r;

        r = prepared_open(&prepared, history, error);
        if (r > 0)
                r = prepared_read(&prepared, &redo, error);
        if (r < 0)
                return r;
        if (!redo || !streq(redo->id, id))
                return error_setf(error, -EBADMSG,
                                  "%s: the commit of %s was interrupted, but %s/" REDO_FILE
                                  " is missing; restore it from a backup, or move the history away and set a baseline",
                                  history->path, id, prepared.path ? prepared.path : "the stage");
        context_log(ctx, LOG_NOTICE, history->package, "the commit of %s was interrupted; resuming it", id);
        r = turn = context_lock_commit(ctx, error);
        if (r >= 0)
                r = prepared_apply(ctx, &prepared, redo, error);
        if (r >= 0)
                r = emit_settle(ctx, history, error);
        return r < 0 ? r : prepared_archive(&prepared, redo, error);
}

/* What is overwritten is in the slots: nothing but a log can tell of which files, so somebody has to decide. */
static int transaction_keep_stage(struct dmig *ctx, const struct prepared *prepared, const char *reason,
                                  struct error *error)
{
        _cleanup_free_ char *path = NULL;
        int r = prepared_keep(prepared, &path, error);

        if (r < 0)
                return r;
        context_log(
                ctx, LOG_WARNING, prepared->place.package,
                "%s; what its commit has overwritten is kept in %s: restore " REDO_FILE
                " there from a backup to be able to undo it, or remove all that can be undone with 'deploy-migrate forget %s'",
                reason, path, prepared->place.package);
        return 1;
}

/* The stage of a run that was killed. Returns: as transaction_recover_stage(). */
static int prepared_recover(struct dmig *ctx, const struct prepared *prepared, struct error *error)
{
        const struct history_state *state = &prepared->history->state;
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_error_ struct error reason = { 0 };
        int begun, r;

        /* The log of a stage that wasn't committed may be damaged; one that can't be read now may be that of a stage that was. */
        r = prepared_read(prepared, &redo, &reason);
        if (r < 0 && r != -EBADMSG) {
                error_complete(&reason, r);
                return error_setf(error, r, "%s; try again", error_text(&reason));
        }
        if (r > 0 && history_state_is_applied(state, redo->id)) {
                r = prepared_archive(prepared, redo, error);
                return r < 0 ? r : 1;
        }
        begun = prepared_is_begun(prepared);
        if (begun < 0)
                return error_errnof(error, begun, "can't tell whether %s was committed", prepared->path);
        if (begun == 0)
                return prepared_drop(prepared, error);
        if (r == 0)
                error_setf(&reason, -EBADMSG, "%s/" REDO_FILE " is missing", prepared->path);
        else if (r > 0)
                error_setf(&reason, -EBADMSG, "the history doesn't have %s, which was committed", redo->id);
        return transaction_keep_stage(ctx, prepared, error_text(&reason), error);
}

/*
 * A stage that was committed still has to be archived; else it is useless. Returns: 1 if it was archived, 0, or a negative errno with @error
 * set.
 */
static int transaction_recover_stage(struct dmig *ctx, struct history *history, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        int r = prepared_open(&prepared, history, error);

        return r <= 0 ? r : prepared_recover(ctx, &prepared, error);
}

/* The stages of a preview that was killed. */
static int transaction_recover_preview(const struct history *history, struct error *error)
{
        int r = history->dir < 0 ? 0 : beneath_remove(history->dir, PREVIEW_DIR);

        return r < 0 ? error_errnof(error, r, "can't remove %s" STATE_DIR "/%s/" PREVIEW_DIR, history->root->path,
                                    history->package)
                     : 0;
}

/* The holds of an undo that was killed before it began to change files. */
static int transaction_recover_holds(const struct history *history, struct error *error)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        int r;

        r = archive_read(&(const struct archive_search){ .history = history, .name = HOLDS_FILE }, &list, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++) {
                const struct commit_place place = archived_place(&list.items[i], history);

                r = prepared_release(&place, error);
                if (r >= 0 && (beneath_remove(place.dir, KEPT_DIR) < 0 || unlinkat(place.dir, HOLDS_FILE, 0) < 0))
                        r = error_errnof(error, -errno, "can't remove %s/" HOLDS_FILE, place.path);
        }
        return r;
}

static int transaction_recover_undo(struct dmig *ctx, struct history *history, struct error *error)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        _cleanup_close_ int turn = -EBADF;
        int r;

        r = archive_read(&(const struct archive_search){ .history = history, .name = UNDO_FILE }, &list, error);
        if (r >= 0 && list.n > 0)
                r = turn = context_lock_commit(ctx, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++) {
                context_log(ctx, LOG_NOTICE, history->package, "the undo of %s was interrupted; resuming it",
                            list.items[i].redo->id);
                r = undo_finish(ctx, history, &list.items[i], error);
        }
        if (r >= 0)
                r = transaction_recover_holds(history, error);
        return r < 0 || history->dir < 0 ? r : archive_note_undo(history, false, error);
}

/* Removes the transactions of a purged package, so that they can't be mistaken for those of a later installation. */
static int transaction_recover_purge(const struct history *history, struct error *error)
{
        return history->state.closed ? archive_purge(history, error) : 0;
}

/* Records "gave-up" if the migration has failed too often, and that wasn't recorded. */
static int transaction_recover_failure(struct dmig *ctx, struct history *history, const struct record *tried,
                                       struct error *error)
{
        if (tried->failures < ATTEMPTS_MAX || (tried->state != RECORD_FAILED && tried->state != RECORD_INTERRUPTED))
                return 0;
        return emit_event(ctx, history, &(const struct emission){ "gave-up", { { "id", .text = tried->id } } }, error);
}

/*
 * Ends an attempt that was killed: records "interrupted". If the stage before it wasn't archived (@early), its program wasn't started yet, so that
 * the end isn't its fault: then "postponed".
 */
static int transaction_recover_attempt(struct dmig *ctx, struct history *history, bool early, struct error *error)
{
        const struct history_state *state = &history->state;
        const struct record *unfinished = history_state_unfinished(state);
        int r = 0;

        if (unfinished)
                r = emit_event(ctx, history,
                               &(const struct emission){ early ? "postponed" : "interrupted",
                                                         { { "id", .text = unfinished->id },
                                                           { early ? "reason" : NULL,
                                                             .text = "the run was interrupted before it began" } } },
                               error);
        /* The crash may have come between the third failure and its "gave-up" event. */
        for (size_t i = 0; r >= 0 && i < state->n_records; i++)
                r = transaction_recover_failure(ctx, history, state->records[i], error);
        return r;
}

int transaction_recover(struct dmig *ctx, struct history *history, struct error *error)
{
        const struct record *unfinished = history_state_unfinished(&history->state);
        bool early = false;
        int r;

        assert(ctx && history);
        r = emit_settle(ctx, history, error); /* what the last run wrote may not be durable */
        if (r >= 0 && unfinished && unfinished->state == RECORD_COMMITTING)
                r = transaction_recover_commit(ctx, history, unfinished->id, error);
        if (r >= 0) {
                r = transaction_recover_stage(ctx, history, error);
                early = r > 0;
        }
        if (r >= 0)
                r = transaction_recover_preview(history, error);
        if (r >= 0)
                r = archive_sweep(history, error);
        if (r >= 0)
                r = transaction_recover_undo(ctx, history, error);
        if (r >= 0)
                r = transaction_recover_purge(history, error);
        return r < 0 ? r : transaction_recover_attempt(ctx, history, early, error);
}

int transaction_check_ended(const struct history *history, struct error *error)
{
        const struct record *unfinished = history_state_unfinished(&history->state);
        bool committing = unfinished && unfinished->state == RECORD_COMMITTING;
        int r;

        r = committing ? 1 : archive_is_undoing(history->root, history->package);
        if (r < 0)
                return error_errnof(error, r, "can't tell whether an undo of %s is in progress", history->package);
        if (r == 0)
                return 0;
        return error_setf(
                error, -EUCLEAN, "%s%s is in progress or was interrupted; 'deploy-migrate run %s' finishes it",
                committing ? "the commit of " : "an undo", committing ? unfinished->id : "", history->package);
}

/* On btrfs the rename of a stage into the archive isn't durable because the history is, as it is in a journal that keeps the order. */
static int transaction_sync_archive(const struct history *history, struct error *error)
{
        return history->dir >= 0 && fsync(history->dir) < 0
                       ? error_errnof(error, -errno, "can't sync the directory of %s", history->path)
                       : 0;
}

int transaction_prune(struct dmig *ctx, struct history *history, struct error *error)
{
        /* Those of this run belong to the last upgrade, and can be large. */
        const struct archive_search search = { history, SLOTS_DIR, ctx->run_id };
        const size_t n_upgrades = history->state.upgrades.n;
        _cleanup_(archive_done) struct archive list = { 0 };
        int r;

        r = transaction_sync_archive(history, error);
        if (r >= 0)
                r = archive_read_undoable(ctx, &search, &list, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++)
                if ((size_t)list.items[i].redo->upgrade + 1 < n_upgrades)
                        r = archived_forget(&list.items[i], error);
        return r;
}
