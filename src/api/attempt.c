/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/attempt.h"

#include "api/attempt-record.h"
#include "basic/io.h"
#include "phase/hint.h"
#include "phase/phases.h"
#include "phase/world.h"
#include "transaction/transaction.h"
#include "turn/turn.h"

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
                &(const struct transaction_request){
                        .ctx = a->ctx, .history = a->history, .migration = a->migration, .mounts = a->mounts },
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

/* The stage is dropped, as that of a failure is. */
static int attempt_lose_turn(struct attempt *a, struct error *error)
{
        a->step->files = files_free(a->step->files);
        a->step->changes = -1;
        return attempt_postpone_for_turn(a, error);
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
        _cleanup_close_ int lock = -EBADF;
        int n, r;

        if (attempt_is_direct(a))
                return attempt_record_applied(a, FIELD_UNKNOWN, error);
        running_tell(a->running, a->migration->id, "commit");
        lock = context_lock_commit(a->ctx, &reason);
        if (lock == -ECANCELED)
                return attempt_record_stop(a, error);
        n = lock < 0 ? lock : transaction_prepare(a->transaction, &end, &reason);
        if (n < 0)
                return error_is_mute(&reason, error_complete(&reason, n))
                               ? n
                               : attempt_fail(a, &reason, lock < 0 ? "system" : NULL, error);
        r = attempt_report_changes(a, n);
        if (r < 0)
                return r;
        if (a->turn && turn_look(a->turn) != TURN_HELD)
                return attempt_lose_turn(a, error);
        if (n == 0)
                return attempt_record_applied(a, 0, error);
        r = transaction_commit(a->transaction, error);
        if (r < 0)
                return r;
        a->step->state = DMIG_STATE_APPLIED;
        *a->committed = TAKE_PTR(a->transaction);
        return 0;
}

int attempt_settle(void *userdata, struct error *error)
{
        struct attempt *a = userdata;
        int r;

        assert(a);

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
                .turn = a->turn,
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
        if (a->last)
                world_dismiss(a->checks); /* the kernel takes the sandbox down while the commit goes on */
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
        if (ending.outcome != OUTCOME_FALSE)
                return attempt_record_ending(a, &ending, error);
        r = attempt_migrate(a, error);
        a->checks->outdated = true;
        return r;
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
