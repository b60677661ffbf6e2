/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/turn-taking.h"

#include "api/attempt-record.h"
#include "basic/clock.h"
#include "package/emit.h"
#include "phase/running.h"
#include "turn/turn-find.h"
#include "turn/turn.h"

/* A wait for a turn, as "progress" of the migration that needs it. */
struct turn_wait {
        struct attempt *attempt;
        bool told;
};

static void turn_wait_tell(uint64_t elapsed_usec, const char *line, void *userdata)
{
        struct turn_wait *wait = userdata;
        struct attempt *a = wait->attempt;
        const char *package = a->history->package, *id = a->migration->id;
        const struct emission emission = { "progress",
                                           { { "id", .text = id },
                                             { "phase", .text = "turn" },
                                             { "elapsed_ms", .number = (int64_t)(elapsed_usec / USEC_PER_MSEC) },
                                             { "timeout_sec", .number = 0 },
                                             { line ? "text" : NULL, .text = line } } };
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        if (!wait->told)
                emit_unrecorded(a->ctx, package, &(const struct emission){ "turn-waiting", { { "id", .text = id } } });
        wait->told = true;
        if (emission_make_event(&emission, a->ctx, package, &event) < 0)
                return;
        context_notify(a->ctx, event);
        running_write(a->running, event);
}

/* Also if it can't be told any more. */
static bool attempt_is_outdated(const struct attempt *a)
{
        const struct upgrade_request *request = a->request;
        _cleanup_free_ char *to = NULL;

        return upgrade_resolve_to(request, &to, NULL) <= 0 || !streq(to, a->upgrade->to);
}

static const char *attempt_get_once(const struct attempt *a)
{
        return a->migration->manifest->once ? a->migration->id : NULL;
}

/* Returns: as turn_take(). */
static int turn_judge(struct attempt *a, const struct turn_wait *wait, struct error *error)
{
        if (turn_look(a->turn) != TURN_HELD)
                return attempt_postpone_for_turn(a, error);
        a->outdated = wait->told && attempt_is_outdated(a);
        if (a->outdated)
                return 0;
        emit_unrecorded(a->ctx, a->history->package,
                        &(const struct emission){
                                "turn-granted",
                                { { "id", .text = a->migration->id }, { "token", .text = turn_get_token(a->turn) } } });
        return 1;
}

/* It couldn't be asked for, because of @r. Returns: as turn_take(). */
static int turn_fail(struct attempt *a, struct error *reason, int r, struct error *error)
{
        return error_is_mute(reason, error_complete(reason, r))
                       ? r
                       : attempt_postpone_without_turn(a, error_text(reason), error);
}

/* What was done under the turn before it is durable before others may follow. Returns: as turn_take(). */
static int turn_take_another(struct attempt *a, struct turn_hold *held, struct error *error)
{
        struct turn_wait wait = { .attempt = a };
        const struct turn_request request = {
                .ctx = a->ctx,
                .package = a->history->package,
                .from = a->upgrade->from,
                .to = a->upgrade->to,
                .once = attempt_get_once(a),
                .wait = turn_wait_tell,
                .userdata = &wait,
        };
        _cleanup_error_ struct error reason = { 0 };
        int r;

        r = attempt_settle(a, error);
        if (r < 0)
                return r;
        held->turn = turn_end(held->turn, NULL);
        r = turn_ask(&request, &held->turn, &reason);
        if (r == -ECANCELED)
                return error_setf(error, r, "stopped while %s waited for its turn", a->migration->id);
        if (r < 0)
                return turn_fail(a, &reason, r, error);
        a->turn = held->turn;
        return turn_judge(a, &wait, error);
}

int turn_take(struct attempt *attempt, struct turn_hold *held, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r;

        assert(attempt);
        assert(held);

        if (held->unasked || (attempt->flags & DMIG_NO_TURN))
                return 1;
        if (held->turn && !turn_get_once(held->turn) && !attempt_get_once(attempt)) {
                attempt->turn = held->turn;
                return turn_look(held->turn) == TURN_HELD ? 1 : attempt_postpone_for_turn(attempt, error);
        }
        r = turn_find(attempt->ctx, attempt->history->package, &reason);
        if (r < 0)
                return turn_fail(attempt, &reason, r, error);
        held->unasked = r == 0;
        return held->unasked ? 1 : turn_take_another(attempt, held, error);
}
