/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_undo(): puts back what the last upgrade of a package changed. In: the caller's request. The steps: lock, recovery, look at what is
 * archived of the upgrade and check that it can be undone, then one migration after the other, newest first. Out: a report, and the history.
 */

#include "changes/files.h"
#include "package/emit.h"
#include "package/package.h"
#include "package/reload.h"
#include "package/report.h"
#include "phase/running.h"
#include "transaction/transaction.h"
#include "transaction/undo.h"
#include "units/gate.h"

#include <stdio.h>
#include <syslog.h>

struct undo {
        struct dmig *ctx;
        const char *package;
        unsigned flags;
        struct history *history;
        struct archive list;
        struct dmig_report *report;
        struct running running;
        int lock;
        int turn;   /* the lock of context_lock_commit() */
        char *keep; /* the directory for what is overwritten, below the package's state */
        bool mixed; /* what was changed since is mixed with what is put back */
};

static void undo_done(struct undo *undo)
{
        archive_done(&undo->list);
        history_free(undo->history);
        free(undo->keep);
        running_done(&undo->running);
        fd_closep(&undo->turn);
        fd_closep(&undo->lock);
}

static int undo_open(struct undo *undo, struct error *error)
{
        bool looks = undo->flags & DMIG_DRY_RUN;
        const struct history_request request = {
                .root = &undo->ctx->root,
                .package = undo->package,
                .mode = looks ? HISTORY_READ : HISTORY_APPEND,
        };
        int r;

        undo->lock = context_lock(undo->ctx, undo->package, error);
        if (undo->lock < 0)
                return undo->lock;
        r = history_open(&request, &undo->history, error);
        if (r < 0)
                return r;
        return looks ? transaction_check_ended(undo->history, error)
                     : transaction_recover(undo->ctx, undo->history, error);
}

static int step_describe(const struct undo *undo, const struct archived *archived, struct dmig_step *step)
{
        const struct record *record = history_state_find(&undo->history->state, archived->redo->id);
        _cleanup_(files_freep) struct dmig_files *files = NULL;
        const struct redo *redo = archived->redo;
        int r;

        step->id = strdup(redo->id);
        step->state = DMIG_STATE_APPLIED;
        step->reaches_out = record && record->reaches_out;
        step->duration_ms = -1;
        step->changes = (int64_t)changes_count(&redo->changes);
        r = step->id ? files_new(&files) : -ENOMEM;
        if (r >= 0)
                r = archived_list_files(archived, files);
        return r < 0 ? r : files_invert(files, &step->files);
}

static int undo_describe(struct undo *undo)
{
        const struct history_state *state = &undo->history->state;
        int r;

        if (undo->list.n == 0)
                return report_set_error(undo->report, DMIG_RESULT_NOTHING_TO_DO, "nothing can be undone");
        undo->report->result = DMIG_RESULT_PENDING;
        r = report_set_versions(undo->report, state->from, undo->list.items[0].redo->from, "history");
        if (r >= 0)
                r = report_add_steps(undo->report, undo->list.n);
        for (size_t i = 0; r >= 0 && i < undo->list.n; i++)
                r = step_describe(undo, &undo->list.items[i], &undo->report->steps[i]);
        return r;
}

static bool undo_has(const struct undo *undo, const char *id)
{
        for (size_t i = 0; i < undo->list.n; i++)
                if (streq(undo->list.items[i].redo->id, id))
                        return true;
        return false;
}

/* A migration that has failed, or was stopped, belongs to the upgrade that goes on. */
static bool undo_is_since(const struct undo *undo, const struct record *record)
{
        bool settled =
                record->state == RECORD_APPLIED || record->state == RECORD_SATISFIED || record->state == RECORD_SKIPPED;

        return !settled || (int64_t)record->upgrade >= undo->list.items[0].redo->upgrade;
}

/*
 * Sets @ret to what can't be undone of a migration of the same upgrade, or to NULL: earlier ones may rely on it, and the data won't be as
 * before the upgrade. Returns: 0 or -ENOMEM.
 */
static int undo_find_remainder(const struct undo *undo, const struct record *record, char **ret)
{
        bool changed = record->state == RECORD_APPLIED && record->sha256[0] && record->changes != 0;
        int n = 0;

        *ret = NULL;
        if (record->reaches_out && undo_is_since(undo, record))
                n = asprintf(ret, "%s reached out (%s), and what it did there can't be undone", record->id,
                             record->reaches_out);
        else if (changed && (int64_t)record->upgrade == undo->list.items[0].redo->upgrade &&
                 !undo_has(undo, record->id))
                n = asprintf(ret, "%s %s, so its changes can't be undone", record->id,
                             record->changes < 0 ? "ran directly on the system" : "was forgotten");
        if (n < 0)
                *ret = NULL;
        return n < 0 ? -ENOMEM : 0;
}

static int undo_check_whole(const struct undo *undo, bool force, struct error *error)
{
        const struct history_state *state = &undo->history->state;

        for (size_t i = 0; i < state->n_records; i++) {
                _cleanup_free_ char *remainder = NULL;
                int r;

                r = undo_find_remainder(undo, state->records[i], &remainder);
                if (r < 0)
                        return r;
                if (remainder && !force)
                        return error_setf(error, -ESTALE, "%s; use --force to undo the rest", remainder);
                if (remainder)
                        context_log(undo->ctx, LOG_WARNING, undo->package, "%s", remainder);
        }
        return 0;
}

/* With DMIG_FORCE it is only noted what was changed since. Returns: 0, or a negative errno with @error set. */
static int undo_check_one(struct undo *undo, const struct archived *archived, const struct archive *newer,
                          struct error *error)
{
        const struct undo_question question = {
                .history = undo->history, .archived = archived, .newer = newer, .since = undo->report->since
        };
        int r = undo_check(&question, error);

        if (r <= 0 && r != -ESTALE)
                return r;
        if (!(undo->flags & DMIG_FORCE))
                return -ESTALE;
        context_log(undo->ctx, LOG_WARNING, undo->package, "%s", error_text(error));
        error_clear(error);
        undo->mixed = true;
        return 0;
}

static int undo_check_all(struct undo *undo, struct error *error)
{
        bool force = undo->flags & DMIG_FORCE;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < undo->list.n; i++)
                r = undo_check_mounts(undo->history, &undo->list.items[i], force, error);
        if (r >= 0)
                r = undo_check_whole(undo, force, error);
        for (size_t i = 0; r >= 0 && i < undo->list.n; i++) {
                const struct archive newer = { .items = undo->list.items, .n = i };

                r = undo_check_one(undo, &undo->list.items[i], &newer, error);
        }
        return r;
}

static int undo_do_one(struct undo *undo, size_t i, struct error *error)
{
        static const struct archive none = { 0 };
        const struct archived *archived = &undo->list.items[i];
        int r = 0;

        running_tell(&undo->running, archived->redo->id, "undo");
        if (!(undo->flags & DMIG_FORCE))
                r = undo_check_one(undo, archived, &none, error);
        if (r >= 0)
                r = undo_begin(undo->history, archived, undo->keep, error);
        if (r >= 0)
                r = undo_finish(undo->ctx, undo->history, archived, error);
        if (r >= 0)
                undo->report->steps[i].state = DMIG_STATE_PENDING;
        return r;
}

/* The effect of a satisfied migration may have come from those that are undone: the next run checks it again. */
static int undo_reopen_satisfied(struct undo *undo, struct error *error)
{
        const struct history_state *state = &undo->history->state;
        int r = 0;

        for (size_t i = state->n_records; r >= 0 && i-- > 0;) {
                const struct record *record = state->records[i];

                if ((record->state == RECORD_SATISFIED || (record->state == RECORD_APPLIED && record->changes == 0)) &&
                    (int64_t)record->upgrade == undo->list.items[0].redo->upgrade)
                        r = undo_record(undo->ctx, undo->history, record->id, error);
        }
        return r;
}

/* Records the version of before the upgrade, unless the history has it. */
static int undo_record_version(struct undo *undo, struct error *error)
{
        const char *now = undo->history->state.from, *from = undo->report->to;

        if (now && streq(now, from))
                return 0;
        return emit_event(undo->ctx, undo->history,
                          &(const struct emission){ "baseline",
                                                    { { "version", .text = from }, { "source", .text = "history" } } },
                          error);
}

static int undo_make_keep(struct undo *undo, struct error *error)
{
        int r = undo->mixed ? archive_make_overwritten(undo->history, &undo->keep, error) : 0;

        if (r >= 0 && undo->keep &&
            asprintf(&undo->report->overwritten, "%s" STATE_DIR "/%s/%s", undo->ctx->root.path, undo->package,
                     undo->keep) < 0) {
                undo->report->overwritten = NULL;
                r = -ENOMEM;
        }
        return r;
}

/* Nothing was overwritten if all that was changed since lies beside it. */
static int undo_end_keep(struct undo *undo, struct error *error)
{
        int r = undo->keep ? archive_drop_overwritten(undo->history, undo->keep) : 0;

        if (r > 0)
                free(TAKE_PTR(undo->report->overwritten));
        return r < 0 ? error_errnof(error, r, "can't remove %s", undo->report->overwritten) : 0;
}

static int undo_do_all(struct undo *undo, struct error *error)
{
        int r = archive_note_undo(undo->history, true, error);

        if (r >= 0)
                r = undo_make_keep(undo, error);
        if (r >= 0)
                r = undo_reopen_satisfied(undo, error);

        for (size_t i = 0; r >= 0 && i < undo->list.n; i++) {
                if (context_is_stopped(undo->ctx))
                        return error_setf(error, -ECANCELED, "stopped before all migrations were undone");
                r = undo_do_one(undo, i, error);
        }
        if (r >= 0)
                r = undo_record_version(undo, error);
        if (r >= 0)
                r = undo_end_keep(undo, error);
        if (r >= 0)
                r = archive_note_undo(undo->history, false, error);
        if (r >= 0)
                undo->report->result = DMIG_RESULT_COMPLETED;
        return r;
}

/* Nothing is undone under a running service, as nothing is migrated under one. */
static int undo_check_gate(const struct undo *undo, struct error *error)
{
        _cleanup_(gate_done) struct gate gate = { 0 };
        int r;

        if (undo->ctx->root.path[0] || (undo->flags & (DMIG_FORCE | DMIG_DRY_RUN)))
                return 0;
        r = gate_refresh(error);
        if (r >= 0)
                r = gate_look(undo->package, &gate, error);
        if (r < 0 || !gate_is_running(&gate))
                return r;
        return error_setf(error, -ESTALE, "%s is running on the data; stop it first, or use --force",
                          gate.running.n > 0 ? gate.running.list[0] : gate.connections.list[0]);
}

static int undo_do_package(struct undo *undo, struct error *error)
{
        int r;

        r = files_new(&undo->report->since);
        if (r >= 0)
                r = undo_open(undo, error);
        if (r >= 0)
                r = archive_read(&(const struct archive_search){ .history = undo->history, .name = SLOTS_DIR },
                                 &undo->list, error);
        if (r < 0)
                return r;
        archive_narrow(&undo->list, &undo->history->state);
        r = undo_describe(undo);
        if (r < 0 || undo->list.n == 0)
                return r;
        if (!(undo->flags & DMIG_DRY_RUN))
                running_tell(&undo->running, undo->list.items[0].redo->id, "check");
        r = undo_check_gate(undo, error);
        if (r >= 0)
                r = undo->turn = context_lock_commit(undo->ctx, error);
        if (r >= 0)
                r = undo_check_all(undo, error);
        if (r >= 0 && !(undo->flags & DMIG_DRY_RUN))
                r = undo_do_all(undo, error);
        files_sort(undo->report->since);
        if (r != -ESTALE)
                return r;
        error_complete(error, r);
        return report_set_error(undo->report, DMIG_RESULT_FAILED, error_text(error));
}

int dmig_undo(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret)
{
        const struct upgrade_request request = {
                .ctx = ctx, .package = package, .flags = flags, .accepted = DMIG_FORCE | DMIG_DRY_RUN
        };
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        _cleanup_(undo_done) struct undo undo = {
                .ctx = ctx, .package = package, .flags = flags, .lock = -EBADF, .turn = -EBADF, .running = RUNNING_NONE
        };
        int r;

        r = package_new_report(&request, ret, &report);
        if (r < 0)
                return r;
        undo.report = report;
        undo.running.ctx = ctx;
        undo.running.package = package;
        undo.running.command = "undo";
        r = undo_do_package(&undo, &ctx->error);
        reload_units(ctx, package);
        return package_conclude_report(ctx, &report, r, ret);
}
