/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/transaction.h"

#include "commit/redo-file.h"
#include "fs/beneath.h"
#include "package/emit.h"
#include "transaction/archive.h"
#include "transaction/prepared.h"
#include "transaction/undo.h"

#include <fcntl.h>
#include <syslog.h>

static int read_redo(const struct prepared *prepared, struct redo **ret, struct error *error)
{
        int r = redo_read(prepared->dir, REDO_FILE, prepared->path, ret, error);

        return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int recover_commit(struct dmig *ctx, struct history *history, const char *id, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_close_ int turn = -EBADF;
        int r;

        r = prepared_open(&prepared, history, error);
        if (r > 0)
                r = read_redo(&prepared, &redo, error);
        if (r < 0)
                return r;
        if (!redo || !streq(redo->id, id))
                return error_setf(error, -EBADMSG,
                                  "%s: %s was being committed, but %s/" REDO_FILE
                                  " isn't there: restore it from a backup, or move the history away and set a baseline",
                                  history->path, id, prepared.path ? prepared.path : "the stage");
        context_log(ctx, LOG_NOTICE, history->package, "%s was being committed when it was interrupted: going on", id);
        turn = context_lock_commit(ctx, error);
        return turn < 0 ? turn : prepared_finish(ctx, history, &prepared, redo, error);
}

/* What a run that was killed left behind: a stage that is of no use any more, or one that was committed and has still to be kept. */
static int recover_stage(struct history *history, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        _cleanup_(redo_freep) struct redo *redo = NULL;
        int r;

        r = prepared_open(&prepared, history, error);
        if (r <= 0)
                return r;
        /* A log that is damaged without having been of use is of no interest. */
        r = read_redo(&prepared, &redo, NULL);
        if (r > 0 && history_state_is_applied(&history->state, redo->id))
                return prepared_keep(&prepared, history, redo, error);
        return r == -ENOMEM ? r : prepared_drop(&prepared, history, error);
}

/* Of a preview that was killed. */
static int recover_preview(const struct history *history, struct error *error)
{
        int r = history->dir < 0 ? 0 : beneath_remove(history->dir, PREVIEW_DIR);

        return r < 0 ? error_errnof(error, r, "can't remove " PREVIEW_DIR " beside %s", history->path) : 0;
}

/* What became of holds of an undo that never came to its commit. */
static int recover_holds(const struct history *history, struct error *error)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        int r;

        r = archive_read(history, HOLDS_FILE, &list, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++) {
                const struct commit_place place = archived_place(&list.items[i], history);

                r = prepared_release(&place, error);
                if (r >= 0 && unlinkat(place.dir, HOLDS_FILE, 0) < 0)
                        r = error_errnof(error, -errno, "can't remove %s/" HOLDS_FILE, place.path);
        }
        return r;
}

static int recover_undo(struct dmig *ctx, struct history *history, struct error *error)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        _cleanup_close_ int turn = -EBADF;
        int r;

        r = archive_read(history, UNDO_FILE, &list, error);
        if (r >= 0 && list.n > 0)
                r = turn = context_lock_commit(ctx, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++) {
                context_log(ctx, LOG_NOTICE, history->package,
                            "%s was being undone when that was interrupted: going on", list.items[i].redo->id);
                r = undo_finish(ctx, history, &list.items[i], error);
        }
        if (r >= 0)
                r = recover_holds(history, error);
        return r < 0 || history->dir < 0 ? r : archive_note_undo(history, false, error);
}

/* Of a package that was purged nothing is kept, and nothing of it must be taken for what is done once it is installed again. */
static int recover_purge(const struct history *history, struct error *error)
{
        return history->state.closed ? archive_purge(history, error) : 0;
}

static int give_up(struct dmig *ctx, struct history *history, const struct record *tried, struct error *error)
{
        if (tried->failures < ATTEMPTS_MAX || (tried->state != RECORD_FAILED && tried->state != RECORD_INTERRUPTED))
                return 0;
        return emit_event(ctx, history, &(const struct emission){ "gave-up", { { "id", .text = tried->id } } }, error);
}

/* A migration that was started and has no end: the program was killed, or the machine lost power. */
static int recover_attempt(struct dmig *ctx, struct history *history, struct error *error)
{
        const struct history_state *state = &history->state;
        const struct record *unfinished = history_state_unfinished(state);
        int r = 0;

        if (unfinished)
                r = emit_event(ctx, history,
                               &(const struct emission){ "interrupted", { { "id", .text = unfinished->id } } }, error);
        /* That can have been between a last failure and the end that it means. */
        for (size_t i = 0; r >= 0 && i < state->n_records; i++)
                r = give_up(ctx, history, state->records[i], error);
        return r;
}

int transaction_recover(struct dmig *ctx, struct history *history, struct error *error)
{
        const struct record *unfinished = history_state_unfinished(&history->state);
        int r = 0;

        if (unfinished && unfinished->state == RECORD_COMMITTING)
                r = recover_commit(ctx, history, unfinished->id, error);
        if (r >= 0)
                r = recover_stage(history, error);
        if (r >= 0)
                r = recover_preview(history, error);
        if (r >= 0)
                r = archive_sweep(history, error);
        if (r >= 0)
                r = recover_undo(ctx, history, error);
        if (r >= 0)
                r = recover_purge(history, error);
        return r < 0 ? r : recover_attempt(ctx, history, error);
}

int transaction_check_ended(const struct history *history, struct error *error)
{
        const struct record *unfinished = history_state_unfinished(&history->state);
        bool committing = unfinished && unfinished->state == RECORD_COMMITTING;

        if (!committing && !archive_is_undoing(history->root, history->package))
                return 0;
        return error_setf(
                error, -EUCLEAN, "%s%s is under way or was interrupted: deploy-migrate run %s brings it to its end",
                committing ? "the commit of " : "an undo", committing ? unfinished->id : "", history->package);
}

int transaction_prune(struct dmig *ctx, struct history *history, struct error *error)
{
        const size_t n_upgrades = history->state.upgrades.n;
        _cleanup_(archive_done) struct archive list = { 0 };
        int r;

        r = archive_read_undoable(ctx, history, &list, error);
        for (size_t i = 0; r >= 0 && i < list.n; i++)
                if ((size_t)list.items[i].redo->upgrade + 1 < n_upgrades)
                        r = archived_forget(&list.items[i], error);
        return r;
}
