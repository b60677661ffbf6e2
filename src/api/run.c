/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_run(): one package, from start to end. In: the caller's request. The steps: is there anything to do? lock, history, recovery of what
 * was interrupted, plan, gate, then one migration after the other until all are done or one isn't. Out: a report, and the history.
 */

#include "api/attempt-record.h"
#include "api/attempt.h"
#include "api/gate-pass.h"
#include "api/read-only.h"
#include "api/settled.h"
#include "api/standstill.h"
#include "api/turn-taking.h"
#include "package/emit.h"
#include "package/package.h"
#include "package/reload.h"
#include "package/tried.h"
#include "package/upgrade-events.h"
#include "phase/running.h"
#include "phase/world.h"
#include "transaction/archive.h"
#include "transaction/data-mounts.h"
#include "transaction/transaction.h"
#include "turn/turn.h"

#include <stdio.h>
#include <syslog.h>

struct run {
        struct dmig *ctx;
        unsigned flags;
        int lock_fd;
        struct package *pkg;
        struct dmig_report *report;
        struct transaction *committed; /* by the last step, and to be archived */
        struct running running;
        struct world checks;
        struct mountinfo *mounts; /* the mount table, for as long as it stays the same */
        struct turn_hold held;
        size_t left;    /* steps that are due after the current one */
        bool mounted;   /* the data of all that is due */
        bool recovered; /* an earlier run was interrupted, and its commit or undo was finished now */
        bool outdated;  /* the package was upgraded meanwhile, so that the plan is */
};

/* Closes the history of a package that is gone; what could be undone goes, too. */
static int run_record_purged(struct run *run, struct error *error)
{
        int r;

        r = emit_event(run->ctx, run->pkg->history, &(const struct emission){ .name = "purged" }, error);
        return r < 0 ? r : archive_purge(run->pkg->history, error);
}

/* ---- The migrations ---- */

static unsigned record_count_attempts(const struct record *record, const char *sha256)
{
        return record && streq(record->sha256, sha256) ? record->failures : 0;
}

/* Returns: 1 if the step is done, 0 if the package stops here, or -ENOMEM. */
static int run_conclude_step(struct run *run, const struct dmig_step *step)
{
        if (step->state == DMIG_STATE_GAVE_UP)
                return report_set_errorf(run->report, DMIG_RESULT_FAILED, PACKAGE_GAVE_UP, step->id,
                                         run->pkg->request.package);
        if (step->state == DMIG_STATE_FAILED)
                return report_set_errorf(run->report, DMIG_RESULT_FAILED, "%s failed: %s", step->id, step->error);
        if (step->state == DMIG_STATE_POSTPONED)
                return report_set_errorf(run->report, DMIG_RESULT_POSTPONED, "%s is postponed: %s", step->id,
                                         step->error);
        return 1;
}

/*
 * Before the first migration, the file systems of all: on an empty mount point a check could find that there is nothing to do. Returns: 1 if
 * they are mounted, 0 if the migration is postponed, or a negative errno.
 */
static int run_need_data(struct run *run, struct attempt *attempt, struct error *error)
{
        _cleanup_free_ char *reason = NULL;
        int r;

        if (run->mounted)
                return 1;
        r = data_await_mounts(run->pkg, &reason, error);
        run->mounted = r > 0;
        return r == 0 ? attempt_postpone(attempt, reason, error) : r;
}

/* Returns: as run_need_data(). */
static int run_need_consent(const struct run *run, const struct plan_step *planned, struct attempt *attempt,
                            struct error *error)
{
        _cleanup_free_ char *reason = NULL;

        if (!planned->consent)
                return 1;
        if (asprintf(&reason, "it needs your consent (%s); give it with 'deploy-migrate accept %s %s'",
                     planned->consent, run->pkg->request.package, planned->id) < 0) {
                reason = NULL;
                return -ENOMEM;
        }
        return attempt_postpone(attempt, reason, error);
}

/* Returns: as run_need_data(). */
static int run_need_all(struct run *run, const struct plan_step *planned, struct attempt *attempt, struct error *error)
{
        int r;

        r = run_need_consent(run, planned, attempt, error);
        if (r > 0)
                r = run_need_data(run, attempt, error);
        return r > 0 ? turn_take(attempt, &run->held, error) : r;
}

/* Returns: as run_conclude_step(), or another negative errno. */
static int run_take_step(struct run *run, const struct plan_step *planned, struct dmig_step *step, struct error *error)
{
        struct attempt attempt = {
                .ctx = run->ctx,
                .history = run->pkg->history,
                .request = &run->pkg->request,
                .upgrade = &run->pkg->upgrade,
                .migration = planned->migration,
                .flags = run->flags,
                .lock_fd = run->lock_fd,
                .running = &run->running,
                .checks = &run->checks,
                .step = step,
                .committed = &run->committed,
                .mounts = &run->mounts,
                .last = run->left == 0,
        };
        int r;

        r = attempt_hash(&run->ctx->root, planned->migration, attempt.sha256, error);
        if (r < 0)
                return r;
        if (plan_step_is_given_up(planned, attempt.sha256))
                return run_conclude_step(run, step);
        attempt.number = record_count_attempts(planned->record, attempt.sha256) + 1;
        step->state = DMIG_STATE_PENDING;
        free(TAKE_PTR(step->error));
        free(TAKE_PTR(step->turn));
        r = report_set_error(run->report, DMIG_RESULT_PENDING, NULL); /* an earlier failure is tried again */
        if (r < 0)
                return r;

        r = run_need_all(run, planned, &attempt, error);
        if (r > 0)
                r = attempt_run(&attempt, error);
        run->outdated = attempt.outdated;
        return r < 0 || run->outdated ? r : run_conclude_step(run, step);
}

/* Returns: as run_take_step(), for all steps that are due. */
static int run_take_steps(struct run *run, struct error *error)
{
        const struct plan *plan = &run->pkg->plan;
        int r = 1;

        run->left = plan->n_pending;
        for (size_t i = 0, k = 0; r > 0 && i < plan->n_steps; i++) {
                if (!package_shows(PACKAGE_UPGRADE, &plan->steps[i]))
                        continue;
                if (package_is_due(&plan->steps[i])) {
                        if (context_is_stopped(run->ctx))
                                return error_setf(error, -ECANCELED, "stopped before all migrations were done");
                        run->left--;
                        r = run_take_step(run, &plan->steps[i], &run->report->steps[k], error);
                }
                k++;
        }
        return r;
}

/* ---- After the last migration ---- */

/*
 * Makes durable what isn't yet, and archives the last commit. What can't be recorded isn't reported as done. Returns: 1, or a negative errno with
 * @error set.
 */
static int run_settle(struct run *run, struct error *error)
{
        struct history *history = run->pkg->history;
        int r;

        r = emit_settle(run->ctx, history, error);
        if (r >= 0 && run->committed)
                r = transaction_archive(run->committed, error);
        run->committed = transaction_free(run->committed);
        for (size_t i = 0; i < history->n_waiting; i++) {
                const char *id = dmig_event_get_string(history->waiting[i], "id");

                if (id)
                        report_set_pending(run->report, id);
        }
        return r < 0 ? r : 1;
}

static int run_do_upgrade(struct run *run, struct error *error)
{
        size_t n_pending = run->pkg->plan.n_pending;
        int r;

        r = gate_pass(run->pkg, run->report, error);
        if (r <= 0)
                return r;

        if (n_pending > 0 && !(run->flags & DMIG_SANDBOX_OFF)) {
                r = context_need_network(run->ctx, error);
                if (r < 0)
                        return r;
        }
        if (n_pending > 0 && (run->flags & DMIG_SANDBOX_OFF))
                context_log(run->ctx, LOG_WARNING, run->pkg->request.package,
                            "the sandbox is off: migrations run directly on the system");

        r = upgrade_record_baseline(run->pkg, error);
        if (r < 0)
                return r;
        upgrade_tell(run->pkg, run->report);
        r = run_take_steps(run, error);
        world_dismiss(&run->checks); /* the kernel takes it down while the last events become durable */
        if (r > 0 && run->committed)
                r = run_settle(run, error);
        if (r <= 0)
                return r;
        run->report->result = n_pending > 0 || run->recovered ? DMIG_RESULT_COMPLETED : DMIG_RESULT_NOTHING_TO_DO;
        r = upgrade_record_completed(run->pkg, error);
        return r < 0 ? r : transaction_prune(run->ctx, run->pkg->history, error);
}

/* Also for a package that was purged: half of a commit is worse than all of it. */
static int run_recover(struct run *run, struct error *error)
{
        struct history *history = run->pkg->history;
        off_t size = history->size;
        int r;

        r = transaction_recover(run->ctx, history, error);
        run->recovered = history->size != size;
        return r;
}

/*
 * A package that ships no migrations and never did gets no history: dpkg's log has its first version. Where no log does, the version that a file
 * tells is recorded from the first run on, since a later one couldn't know it.
 */
static bool package_is_unknown(const struct package *pkg)
{
        bool logged = !pkg->upgrade.foreign || pkg->request.to;

        return pkg->catalog->n_migrations == 0 && pkg->history->fd < 0 && logged;
}

/* One upgrade is one attempt, although its service's unit and the run for all packages follow one another. */
static bool run_was_tried(struct run *run)
{
        const struct package *pkg = run->pkg;
        bool tried = tried_take(run->ctx, pkg->request.package, pkg->upgrade.to);

        if (!tried || !(run->flags & DMIG_ALL) || run->report->result != DMIG_RESULT_FAILED)
                return false;
        context_log(run->ctx, LOG_NOTICE, pkg->request.package,
                    "left alone, since the unit of the package has just tried; 'deploy-migrate run %s' tries once more",
                    pkg->request.package);
        return true;
}

/* How the package's migrations have ended is for other hosts, too; what is to be tried again isn't. @r: of the run. */
static void run_end_turn(struct run *run, int r)
{
        const struct dmig_report *report = run->report;
        _cleanup_free_ char *word = NULL;

        if (r >= 0 && report->result == DMIG_RESULT_COMPLETED)
                word = strdup("completed");
        else if (r >= 0 && report->result == DMIG_RESULT_FAILED &&
                 asprintf(&word, "failed %s", report->error ?: "") < 0)
                word = NULL;
        run->held.turn = turn_end(run->held.turn, word);
}

static int run_do_locked(struct run *run, struct error *error)
{
        struct package *pkg = run->pkg;
        int q, r;

        if (!(run->flags & DMIG_SANDBOX_OFF))
                context_begin_network(run->ctx);
        r = package_open_history(pkg, HISTORY_APPEND, error);
        if (r >= 0)
                r = run_recover(run, error);
        if (r >= 0)
                r = package_make_plan(pkg, error);
        if (r >= 0)
                r = package_report(pkg, PACKAGE_UPGRADE, run->report);
        if (r < 0)
                return r;
        if (pkg->upgrade.purged)
                return run_record_purged(run, error);
        if (pkg->upgrade.result != DMIG_RESULT_PENDING || package_is_unknown(pkg) || run_was_tried(run))
                return 0;
        r = run_do_upgrade(run, error);
        running_done(&run->running);
        q = run_settle(run, r < 0 ? NULL : error);
        run_end_turn(run, r < 0 ? r : q);
        if ((run->flags & DMIG_STARTING) && run->report->result == DMIG_RESULT_FAILED)
                tried_note(run->ctx, pkg->request.package, pkg->upgrade.to);
        return r < 0 ? r : q < 0 ? q : 0;
}

static int run_do_package(struct run *run, struct error *error)
{
        _cleanup_close_ int lock = -EBADF;
        int r;

        run->lock_fd = lock = context_lock(run->ctx, run->pkg->request.package, error);
        if (lock < 0)
                return lock;
        r = run_do_locked(run, error);
        world_done(&run->checks); /* its processes hold the lock as well */
        run->mounts = mountinfo_free(run->mounts);
        return r;
}

/* The services that need the package's data should log its error, too; if systemd can't be asked, the report goes without them. */
static void report_find_units(struct dmig_report *report)
{
        _cleanup_(gate_done) struct gate gate = { 0 };

        if (gate_look(report->package, &gate, NULL) >= 0)
                report_take_units(report, TAKE_PTR(gate.units), gate.n_units);
}

int dmig_run(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
             struct dmig_report **ret)
{
        const struct upgrade_request request = {
                .ctx = ctx,
                .package = package,
                .from = from,
                .to = to,
                .flags = flags,
                .accepted = DMIG_SANDBOX_OFF | DMIG_FORCE | DMIG_STARTING | DMIG_ALL | DMIG_NO_TURN,
        };
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        _cleanup_(package_done) struct package pkg = { .request = request };
        struct run run = { .ctx = ctx, .flags = flags, .pkg = &pkg, .running = RUNNING_NONE, .checks = WORLD_NONE };
        int r;

        r = package_new_report(&request, ret, &report);
        if (r < 0)
                return r;
        run.report = report;
        run.running.ctx = ctx;
        run.running.package = package;
        r = settled_report(&request, report, &ctx->error);
        if (r == 0)
                r = run_do_package(&run, &ctx->error);
        if (r >= 0 && run.outdated)
                return dmig_run(ctx, package, from, to, flags, ret);
        if (r == -EROFS)
                r = read_only_report(&request, &report, &ctx->error);
        reload_units(ctx, package);
        if ((r < 0 || report->result == DMIG_RESULT_DOWNGRADE) && !ctx->root.path[0] && report->n_units == 0)
                report_find_units(report);
        standstill_settle(&request, report, r);
        return package_conclude_report(ctx, &report, r, ret);
}
