/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/attempt-record.h"

#include "phase/hint.h"
#include "phase/reach.h"
#include "transaction/prepared.h"
#include "transaction/transaction.h"
#include "turn/turn.h"

#include <stdio.h>

/* An event with no more than the migration's id; @name is the state that it is in from now on. */
static int attempt_record(struct attempt *a, const char *name, struct error *error)
{
        return emit_event(a->ctx, a->history, &(const struct emission){ name, { { "id", .text = a->migration->id } } },
                          error);
}

int attempt_record_start(struct attempt *a, struct error *error)
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

int attempt_record_stop(struct attempt *a, struct error *error)
{
        int r;

        if (!context_is_stopped(a->ctx) && a->turn)
                return attempt_postpone_for_turn(a, error);
        r = attempt_record_interruption(a, "stop", error);
        return r < 0 ? r
                     : error_setf(error, -ECANCELED, "stopped in %s, which starts again at the next run",
                                  a->migration->id);
}

int attempt_record_failure(struct attempt *a, const struct ending *ending, struct error *error)
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

int attempt_record_applied(struct attempt *a, int64_t changes, struct error *error)
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

int attempt_record_satisfied(struct attempt *a, struct error *error)
{
        a->step->state = DMIG_STATE_SATISFIED;
        return emit_event_later(
                a->ctx, a->history,
                &(const struct emission){ "satisfied",
                                          { { "id", .text = a->migration->id }, { "sha256", .text = a->sha256 } } },
                error);
}

/* @turn: what has become of the turn, if it is postponed because of that; else NULL. */
static int attempt_record_postponed(struct attempt *a, const char *reason, const char *turn, struct error *error)
{
        struct emission emission = { "postponed",
                                     { { "id", .text = a->migration->id }, { "reason", .text = reason } } };
        int r;

        if (turn)
                emission.fields[2] = (struct field){ "turn", .text = turn };
        a->step->state = DMIG_STATE_POSTPONED;
        r = str_replace(&a->step->error, reason);
        if (r >= 0 && turn)
                r = str_replace(&a->step->turn, turn);
        return r < 0 ? r : emit_event(a->ctx, a->history, &emission, error);
}

int attempt_postpone(struct attempt *a, const char *reason, struct error *error)
{
        assert(a && reason);

        return attempt_record_postponed(a, reason, NULL, error);
}

int attempt_postpone_without_turn(struct attempt *a, const char *reason, struct error *error)
{
        assert(a && reason);

        return attempt_record_postponed(a, reason, turn_state_to_string(TURN_BROKEN), error);
}

int attempt_postpone_for_turn(struct attempt *a, struct error *error)
{
        enum turn_state state;

        assert(a && a->turn);

        state = turn_look(a->turn);
        return attempt_record_postponed(a, turn_get_reason(a->turn), turn_state_to_string(state), error);
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

int attempt_record_ending(struct attempt *a, const struct ending *ending, struct error *error)
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

void attempt_record_unrecorded(struct attempt *a, int r)
{
        const struct record *record = history_state_find(&a->history->state, a->migration->id);

        if (r < 0 && record && record->state == RECORD_RUNNING)
                (void)attempt_record_interruption(a, hint_find_cause(r, NULL) ?: "system", NULL);
}
