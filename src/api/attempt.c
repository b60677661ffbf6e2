/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/attempt.h"

#include "basic/io.h"
#include "phase/hint.h"
#include "phase/phases.h"
#include "phase/reach.h"
#include "transaction/prepared.h"
#include "transaction/transaction.h"

#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

int attempt_hash(const struct root *root, const struct migration *migration, char ret[static 65], struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        assert(root);
        assert(migration);

        fd = root_open(root, migration->path, O_RDONLY | O_NOFOLLOW);
        r = fd < 0 ? fd : io_sha256(fd, ret);
        return r < 0 ? error_errnof(error, r, "can't read %s%s", root->path, migration->path) : 0;
}

/* ---- What is recorded ---- */

/* An event with no more than the migration's id; @name is the state that it is in from now on. */
static int attempt_record(struct attempt *a, const char *name, struct error *error)
{
        return emit_event(a->ctx, a->history, &(const struct emission){ name, { { "id", .text = a->migration->id } } },
                          error);
}

static int attempt_record_start(struct attempt *a, struct error *error)
{
        _cleanup_free_ char *reach = NULL;
        int r;

        r = reach_describe(a->migration->manifest, &reach);
        if (r < 0)
                return r;
        return emit_event_later(a->ctx, a->history,
                                &(const struct emission){ "started",
                                                          { { "id", .text = a->migration->id },
                                                            { "attempt", .number = a->number },
                                                            { "sha256", .text = a->sha256 },
                                                            { reach ? "reaches_out" : NULL, .text = reach } } },
                                error);
}

static int attempt_give_up_at_last(struct attempt *a, struct error *error)
{
        const struct record *record = history_state_find(&a->history->state, a->migration->id);

        if (!record || record->failures < ATTEMPTS_MAX)
                return 0;
        a->step->state = DMIG_STATE_GAVE_UP;
        return attempt_record(a, "gave-up", error);
}

/* @cause: why it doesn't count; "stop" if the context was stopped. */
static int attempt_record_interruption(struct attempt *a, const char *cause, struct error *error)
{
        return emit_event(a->ctx, a->history,
                          &(const struct emission){
                                  "interrupted", { { "id", .text = a->migration->id }, { "cause", .text = cause } } },
                          error);
}

static int attempt_record_stop(struct attempt *a, struct error *error)
{
        int r = attempt_record_interruption(a, "stop", error);

        return r < 0 ? r
                     : error_setf(error, -ECANCELED, "stopped in %s, which starts again at the next run",
                                  a->migration->id);
}

/* Whatever fails after the context was stopped may have failed because of that. */
static int attempt_record_failure(struct attempt *a, const struct ending *ending, struct error *error)
{
        struct emission emission = { "failed",
                                     { { "id", .text = a->migration->id },
                                       { "phase", .text = ending->phase },
                                       { "reason", .text = ending->reason } } };
        struct field *field = &emission.fields[3];
        int r;

        if (context_is_stopped(a->ctx))
                return attempt_record_stop(a, error);
        if (ending->field.name)
                *field++ = ending->field;
        if (ending->cause)
                *field = (struct field){ "cause", .text = ending->cause };
        (void)transaction_drop(a->history, NULL); /* it may have the space that the line needs */
        a->step->state = DMIG_STATE_FAILED;
        r = str_replace(&a->step->error, ending->reason);
        if (r < 0)
                return r;
        r = emit_event(a->ctx, a->history, &emission, error);
        return r < 0 ? r : attempt_give_up_at_last(a, error);
}

/* @changes: how many files were changed, or FIELD_UNKNOWN. */
static int attempt_record_applied(struct attempt *a, int64_t changes, struct error *error)
{
        const struct applied applied = {
                .id = a->migration->id,
                .sha256 = a->sha256,
                .duration_ms = a->step->duration_ms,
                .changes = changes,
        };

        a->step->state = DMIG_STATE_APPLIED;
        return applied_record(a->ctx, a->history, &applied, error);
}

static int attempt_record_satisfied(struct attempt *a, struct error *error)
{
        a->step->state = DMIG_STATE_SATISFIED;
        return emit_event_later(
                a->ctx, a->history,
                &(const struct emission){ "satisfied",
                                          { { "id", .text = a->migration->id }, { "sha256", .text = a->sha256 } } },
                error);
}

int attempt_postpone(struct attempt *a, const char *reason, struct error *error)
{
        int r;

        assert(a && reason);

        a->step->state = DMIG_STATE_POSTPONED;
        r = str_replace(&a->step->error, reason);
        if (r < 0)
                return r;
        return emit_event(a->ctx, a->history,
                          &(const struct emission){
                                  "postponed", { { "id", .text = a->migration->id }, { "reason", .text = reason } } },
                          error);
}

/* The migration's own wish. */
static int attempt_record_request(struct attempt *a, const struct ending *ending, struct error *error)
{
        _cleanup_free_ char *reason = NULL;

        if (asprintf(&reason, "it asked to be run later%s%s", ending->output[0] ? ": " : "", ending->output) < 0) {
                reason = NULL;
                return -ENOMEM;
        }
        return attempt_postpone(a, reason, error);
}

/* Records how the last phase ended, which the migration ends with. */
static int attempt_record_ending(struct attempt *a, const struct ending *ending, struct error *error)
{
        switch (ending->outcome) {
        case OUTCOME_STOPPED:
                return attempt_record_stop(a, error);
        case OUTCOME_POSTPONED:
                return attempt_record_request(a, ending, error);
        default:
                return attempt_record_failure(a, ending, error);
        }
}

/* ---- The transaction ---- */

static bool attempt_is_direct(const struct attempt *a)
{
        return (a->flags & DMIG_SANDBOX_OFF) || a->migration->manifest->unrestricted;
}

/*
 * The system wasn't touched: the migration has failed for this reason, although its program may have succeeded. @cause: of the failure if the
 * reason's errno doesn't tell.
 */
static int attempt_fail(struct attempt *a, const struct error *reason, const char *cause, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { .phase = "migrate",
                                                        .cause = hint_find_cause(reason->code, NULL) ?: cause };
        char space[STAGE_SPACE_MAX] = "";

        if (reason->code == -EBUSY) /* what other processes do meanwhile is no fault of the migration */
                return attempt_postpone(a, error_text(reason), error);
        if (a->transaction)
                stage_explain_space(a->transaction->stage, space, sizeof(space));
        if (asprintf(&ending.reason, "%s%s", error_text(reason), space) < 0) {
                ending.reason = NULL;
                return -ENOMEM;
        }
        return attempt_record_failure(a, &ending, error);
}

/* Returns: 1 if migrate can run now, 0 if the attempt is over, or a negative errno. */
static int attempt_begin_transaction(struct attempt *a, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r;

        if (attempt_is_direct(a))
                return 1;
        r = transaction_begin(
                &(const struct transaction_request){ .ctx = a->ctx, .history = a->history, .migration = a->migration },
                &a->transaction, &reason);
        if (r < 0)
                return error_is_mute(&reason, error_complete(&reason, r))
                               ? r
                               : attempt_fail(a, &reason, "system", error); /* the program wasn't started */
        return 1;
}

static int attempt_report_changes(struct attempt *a, int n)
{
        struct dmig_step *step = a->step;
        int r = 0;

        step->changes = n;
        step->files = files_free(step->files);
        strv_done(&step->notices);
        step->notices = (struct strv){ 0 };
        r = files_new(&step->files);
        if (r >= 0)
                r = transaction_list_changes(a->transaction, step->files, &step->notices);
        for (size_t i = 0; r >= 0 && i < step->notices.n; i++)
                context_log(a->ctx, LOG_WARNING, a->history->package, "%s: %s", a->migration->id,
                            step->notices.list[i]);
        return r;
}

/* Puts in place what was done in the stage. */
static int attempt_commit(struct attempt *a, struct error *error)
{
        const struct transaction_end end = {
                .from = a->upgrade->from,
                .sha256 = a->sha256,
                .duration_ms = a->step->duration_ms,
        };
        _cleanup_error_ struct error reason = { 0 };
        _cleanup_close_ int turn = -EBADF;
        int n, r;

        if (attempt_is_direct(a))
                return attempt_record_applied(a, FIELD_UNKNOWN, error);
        running_tell(a->running, a->migration->id, "commit");
        turn = context_lock_commit(a->ctx, &reason);
        if (turn == -ECANCELED)
                return attempt_record_stop(a, error);
        n = turn < 0 ? turn : transaction_prepare(a->transaction, &end, &reason);
        if (n < 0)
                return error_is_mute(&reason, error_complete(&reason, n))
                               ? n
                               : attempt_fail(a, &reason, turn < 0 ? "system" : NULL, error);
        r = attempt_report_changes(a, n);
        if (r < 0)
                return r;
        if (n == 0)
                return attempt_record_applied(a, 0, error);
        r = transaction_commit(a->transaction, error);
        if (r < 0)
                return r;
        a->step->state = DMIG_STATE_APPLIED;
        *a->committed = TAKE_PTR(a->transaction);
        return 0;
}

/* Makes durable that the attempt has started, and ends the commit before it, whose "applied" is durable with that. */
static int attempt_settle(void *userdata, struct error *error)
{
        struct attempt *a = userdata;
        int r;

        r = emit_settle(a->ctx, a->history, error);
        if (r >= 0 && *a->committed)
                r = transaction_archive(*a->committed, error);
        if (r >= 0)
                *a->committed = transaction_free(*a->committed);
        return r;
}

/* ---- The phases ---- */

static struct phase attempt_get_phase(const struct attempt *a)
{
        return (struct phase){
                .ctx = a->ctx,
                .package = a->history->package,
                .upgrade = a->upgrade,
                .migration = a->migration,
                .stage = a->transaction ? a->transaction->stage : NULL,
                .state = a->history->dir,
                .flags = a->flags,
                .lock_fd = a->lock_fd,
                .number = a->number,
                .running = a->running,
                .checks = a->checks,
        };
}

static int attempt_migrate(struct attempt *a, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { 0 };
        struct phase phase;
        int r;

        r = attempt_begin_transaction(a, error);
        if (r <= 0)
                return r;
        phase = attempt_get_phase(a);
        r = phases_migrate(&phase, &a->step->duration_ms, &ending);
        if (r < 0)
                return r;
        return ending.outcome == OUTCOME_TRUE ? attempt_commit(a, error) : attempt_record_ending(a, &ending, error);
}

static int attempt_run_phases(struct attempt *a, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { 0 };
        struct phase phase = attempt_get_phase(a);
        int r;

        phase.meanwhile = attempt_settle;
        phase.userdata = a;
        r = phases_check(&phase, &ending, error);
        if (r >= 0)
                r = attempt_settle(a, error); /* if there was no sandbox to do it in the meantime */
        if (r < 0)
                return r;
        if (ending.outcome == OUTCOME_TRUE)
                return attempt_record_satisfied(a, error);
        return ending.outcome == OUTCOME_FALSE ? attempt_migrate(a, error) : attempt_record_ending(a, &ending, error);
}

/* Without this, the next run would take an end that couldn't be recorded for a crash. */
static void attempt_record_unrecorded(struct attempt *a, int r)
{
        const struct record *record = history_state_find(&a->history->state, a->migration->id);

        if (r < 0 && record && record->state == RECORD_RUNNING)
                (void)attempt_record_interruption(a, hint_find_cause(r, NULL) ?: "system", NULL);
}

static int attempt_clean_up(struct attempt *a, int r, struct error *error)
{
        int q = 0;

        if (!*a->committed && !(a->transaction && a->transaction->committing))
                q = transaction_drop(a->history, r < 0 ? NULL : error);
        a->transaction = transaction_free(a->transaction);
        attempt_record_unrecorded(a, r);
        return r < 0 ? r : q;
}

int attempt_run(struct attempt *attempt, struct error *error)
{
        int r;

        assert(attempt->ctx);
        assert(attempt->history);
        assert(attempt->step && attempt->committed);

        r = attempt_record_start(attempt, error);
        /* The scratch is made where the stage of the commit before is. */
        if (r >= 0 && attempt->migration->manifest->check_scratch)
                r = attempt_settle(attempt, error);
        return r < 0 ? r : attempt_clean_up(attempt, attempt_run_phases(attempt, error), error);
}
