/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/attempt.h"

#include "api/phase.h"
#include "basic/clock.h"
#include "basic/io.h"
#include "transaction/transaction.h"

#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

int attempt_hash(const struct root *root, const struct migration *migration, char ret[static 65], struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = root_open(root, migration->path, O_RDONLY | O_NOFOLLOW);
        r = fd < 0 ? fd : io_sha256(fd, ret);
        return r < 0 ? error_errnof(error, r, "can't read %s%s", root->path, migration->path) : 0;
}

/* A plain event about the migration; @name is what it is from now on. */
static int record_state(struct attempt *a, const char *name, struct error *error)
{
        return emit_event(a->ctx, a->history, &(const struct emission){ name, { { "id", .text = a->migration->id } } },
                          error);
}

static int give_up_at_last(struct attempt *a, struct dmig_step *step, struct error *error)
{
        if (a->number < ATTEMPTS_MAX)
                return 0;
        step->state = DMIG_STATE_GAVE_UP;
        return record_state(a, "gave-up", error);
}

static int record_failure(struct attempt *a, const char *phase, const struct ending *ending, struct dmig_step *step,
                          struct error *error)
{
        int r;

        step->state = DMIG_STATE_FAILED;
        step->error = strdup(ending->reason);
        if (!step->error)
                return -ENOMEM;
        r = emit_event(a->ctx, a->history,
                       &(const struct emission){ "failed",
                                                 { { "id", .text = a->migration->id },
                                                   { "phase", .text = phase },
                                                   { "reason", .text = ending->reason },
                                                   ending->field } },
                       error);
        return r < 0 ? r : give_up_at_last(a, step, error);
}

static int record_stop(struct attempt *a, struct dmig_step *step, struct error *error)
{
        int r;

        r = record_state(a, "interrupted", error);
        if (r >= 0)
                r = give_up_at_last(a, step, error);
        return r < 0 ? r
                     : error_setf(error, -ECANCELED, "stopped in %s, which %s", a->migration->id,
                                  step->state == DMIG_STATE_GAVE_UP ? "is given up after repeated failures"
                                                                    : "starts again at the next run");
}

/* @changes: how many files were changed, FIELD_UNKNOWN where nobody knows. */
static int record_success(struct attempt *a, enum dmig_state state, int64_t changes, struct dmig_step *step,
                          struct error *error)
{
        bool applied = state == DMIG_STATE_APPLIED;

        step->state = state;
        return emit_event(a->ctx, a->history,
                          &(const struct emission){ dmig_state_to_string(state),
                                                    { { "id", .text = a->migration->id },
                                                      { "sha256", .text = a->sha256 },
                                                      { applied ? "duration_ms" : NULL, .number = step->duration_ms },
                                                      { "changes", .number = changes } } },
                          error);
}

/* Returns: 1 when the next phase is due, 0 when the attempt is over, or a negative errno. */
static int conclude_phase(struct attempt *a, const struct phase *phase, const struct ending *ending,
                          struct dmig_step *step, struct error *error)
{
        int r;

        switch (ending->outcome) {
        case OUTCOME_TRUE:
        case OUTCOME_FALSE:
                return 1;
        case OUTCOME_STOPPED:
                return record_stop(a, step, error);
        case OUTCOME_POSTPONED:
                step->state = DMIG_STATE_POSTPONED;
                return record_state(a, "postponed", error);
        default:
                r = record_failure(a, phase->name, ending, step, error);
                return r < 0 ? r : 0;
        }
}

/* Returns: as conclude_phase(), with whether it said True in @ret_true. */
static int do_phase(struct attempt *a, bool migrate, bool *ret_true, struct dmig_step *step, struct error *error)
{
        const struct manifest *manifest = a->migration->manifest;
        struct phase phase = {
                .ctx = a->ctx,
                .package = a->history->package,
                .upgrade = a->upgrade,
                .migration = a->migration,
                .stage = a->transaction ? a->transaction->stage : NULL,
                .flags = a->flags,
                .lock_fd = a->lock_fd,
                .number = a->number,
                .name = migrate ? "migrate" : "check",
                .migrate = migrate,
                .timeout_sec = migrate ? manifest->timeout_sec : manifest->check_timeout_sec,
        };
        _cleanup_(ending_done) struct ending ending = { 0 };
        int r;

        r = phase_run(&phase, &ending);
        if (r < 0)
                return r;
        *ret_true = ending.outcome == OUTCOME_TRUE;
        return conclude_phase(a, &phase, &ending, step, error);
}

static int start(struct attempt *a, struct error *error)
{
        return emit_event(a->ctx, a->history,
                          &(const struct emission){ "started",
                                                    { { "id", .text = a->migration->id },
                                                      { "attempt", .number = a->number },
                                                      { "sha256", .text = a->sha256 } } },
                          error);
}

/* ---- The transaction ---- */

static bool is_direct(const struct attempt *a)
{
        return (a->flags & DMIG_SANDBOX_OFF) || a->migration->manifest->unrestricted;
}

/* What others do meanwhile is no fault of the migration. */
static int postpone(struct attempt *a, const struct error *reason, struct dmig_step *step, struct error *error)
{
        int r;

        step->state = DMIG_STATE_POSTPONED;
        step->error = strdup(error_text(reason));
        if (!step->error)
                return -ENOMEM;
        context_log(a->ctx, LOG_WARNING, a->history->package, "%s is postponed: %s", a->migration->id, step->error);
        r = record_state(a, "postponed", error);
        return r < 0 ? r : 0;
}

/* The system was never touched, but for the reason of it the migration has failed. */
static int fail_unstaged(struct attempt *a, const struct error *reason, struct dmig_step *step, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { 0 };
        char space[STAGE_SPACE_MAX] = "";
        int r;

        if (reason->code == -EBUSY)
                return postpone(a, reason, step, error);
        if (a->transaction)
                stage_explain_space(a->transaction->stage, space, sizeof(space));
        if (asprintf(&ending.reason, "%s%s", error_text(reason), space) < 0)
                return -ENOMEM;
        r = record_failure(a, "migrate", &ending, step, error);
        return r < 0 ? r : 0;
}

/* Returns: as conclude_phase(). */
static int begin_transaction(struct attempt *a, struct dmig_step *step, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r;

        if (is_direct(a))
                return 1;
        r = transaction_begin(a->ctx, a->history, a->migration, &a->transaction, &reason);
        if (r < 0)
                return r == -ENOMEM ? r : fail_unstaged(a, &reason, step, error);
        return 1;
}

/* What was done becomes what is there. */
static int land(struct attempt *a, struct dmig_step *step, struct error *error)
{
        const struct transaction_end end = {
                .from = a->upgrade->from,
                .sha256 = a->sha256,
                .duration_ms = step->duration_ms,
        };
        _cleanup_error_ struct error reason = { 0 };
        _cleanup_close_ int turn = -EBADF;
        int n, r;

        if (is_direct(a))
                return record_success(a, DMIG_STATE_APPLIED, FIELD_UNKNOWN, step, error);
        turn = context_lock_commit(a->ctx, &reason);
        if (turn == -ECANCELED)
                return record_stop(a, step, error);
        n = turn < 0 ? turn : transaction_prepare(a->transaction, &end, &reason);
        if (n < 0)
                return n == -ENOMEM ? n : fail_unstaged(a, &reason, step, error);
        step->changes = n;
        if (n == 0)
                return record_success(a, DMIG_STATE_APPLIED, 0, step, error);
        r = transaction_commit(a->transaction, error);
        if (r < 0)
                return r;
        step->state = DMIG_STATE_APPLIED;
        return 0;
}

/* ---- The phases ---- */

/* The effect must be there now: whoever says that it is done has to show it. */
static int verify(struct attempt *a, struct dmig_step *step, struct error *error)
{
        const struct ending refuted = {
                .field = { "exit", .number = 1 },
                .reason = (char *)(uintptr_t)PHASE_REFUTED,
        };
        bool effect;
        int r;

        r = do_phase(a, false, &effect, step, error);
        if (r <= 0)
                return r;
        if (!effect)
                return record_failure(a, "check", &refuted, step, error);
        return land(a, step, error);
}

static int migrate(struct attempt *a, struct dmig_step *step, struct error *error)
{
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        bool effect;
        int r;

        r = begin_transaction(a, step, error);
        if (r <= 0)
                return r;
        r = do_phase(a, true, &effect, step, error);
        step->duration_ms = (int64_t)((now_usec(CLOCK_MONOTONIC) - begin) / USEC_PER_MSEC);
        return r <= 0 ? r : verify(a, step, error);
}

static int run_phases(struct attempt *a, struct dmig_step *step, struct error *error)
{
        bool effect;
        int r;

        r = do_phase(a, false, &effect, step, error);
        if (r <= 0)
                return r;
        return effect ? record_success(a, DMIG_STATE_SATISFIED, FIELD_UNKNOWN, step, error) : migrate(a, step, error);
}

static int clean_up(struct attempt *a, int r, struct error *error)
{
        int q = 0;

        if (!a->transaction || !a->transaction->committing)
                q = transaction_drop(a->history, r < 0 ? NULL : error);
        a->transaction = transaction_free(a->transaction);
        return r < 0 ? r : q;
}

int attempt_run(struct attempt *attempt, struct dmig_step *step, struct error *error)
{
        int r;

        r = start(attempt, error);
        return r < 0 ? r : clean_up(attempt, run_phases(attempt, step, error), error);
}
