/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_plan() and dmig_status(). In: the caller's request. The steps: history, plan, then what else a report has: services, an unfinished
 * commit, what can be undone. Out: a report. Read only, without a lock.
 */

#include "api/attempt.h"
#include "package/package.h"
#include "phase/running.h"
#include "transaction/archive.h"
#include "transaction/transaction.h"

/*
 * Whether the file differs from the one in the history, or is gone since it was listed. Returns: 1, 0, also if only root may read it, or a
 * negative errno with the context's error set.
 */
static int step_is_modified(struct dmig *ctx, const struct plan_step *step)
{
        _cleanup_error_ struct error error = { 0 };
        char sha256[65];
        int r;

        if (!step->migration || !step->record || !step->record->sha256[0])
                return 0;
        r = attempt_hash(&ctx->root, step->migration, sha256, &error);
        if (r >= 0)
                return !streq(sha256, step->record->sha256);
        if (r == -ENOENT || r == -EACCES)
                return r == -ENOENT;
        return error_setf(&ctx->error, r, "%s", error_text(&error));
}

/* A migration that was given up runs again if its file has changed. */
static int query_revive_changed(struct dmig *ctx, struct plan *plan)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < plan->n_steps; i++) {
                if (plan->steps[i].state != DMIG_STATE_GAVE_UP)
                        continue;
                r = step_is_modified(ctx, &plan->steps[i]);
                if (r > 0)
                        plan->steps[i].state = DMIG_STATE_PENDING;
        }
        return r < 0 ? r : 0;
}

static int query_mark_modified(struct dmig *ctx, const struct plan *plan, struct dmig_report *report)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < plan->n_steps; i++) {
                if (plan->steps[i].state != DMIG_STATE_APPLIED && plan->steps[i].state != DMIG_STATE_SATISFIED)
                        continue;
                r = step_is_modified(ctx, &plan->steps[i]);
                report->steps[i].modified = r > 0;
        }
        return r < 0 ? r : 0;
}

static int query_look_at_gate(const struct package *pkg, struct dmig *ctx, struct dmig_report *report)
{
        _cleanup_(gate_done) struct gate gate = { 0 };
        int r;

        r = package_look_at_gate(pkg, report, &gate, &ctx->error);
        if (r < 0 || !gate_is_running(&gate) || report->result != DMIG_RESULT_PENDING)
                return r;
        return package_explain_gate(report, &gate);
}

/* An unfinished commit or undo has to be finished even if no migration is pending. */
static int query_look_at_transaction(const struct package *pkg, struct dmig *ctx, struct dmig_report *report)
{
        _cleanup_error_ struct error error = { 0 };
        int r = transaction_check_ended(pkg->history, &error);

        if (r == 0)
                return 0;
        error_complete(&error, r);
        if (r != -EUCLEAN)
                return error_setf(&ctx->error, r, "%s", error_text(&error));
        return report_set_error(report, DMIG_RESULT_PENDING, error_text(&error));
}

/* Without a lock an undo or a forget may remove the before-images meanwhile: those that are gone don't count. */
static int query_look_at_undo(struct dmig *ctx, const struct package *pkg, struct dmig_report *report)
{
        _cleanup_(archive_done) struct archive list = { 0 };
        int r;

        r = archive_read_undoable(ctx, &(const struct archive_search){ .history = pkg->history, .name = SLOTS_DIR },
                                  &list, &ctx->error);
        if (r < 0)
                return r;
        archive_narrow(&list, &pkg->history->state);
        for (size_t i = 0; i < list.n; i++) {
                r = archived_measure(&list.items[i], &report->undo_bytes, &ctx->error);
                if (r < 0 && r != -ENOENT)
                        return r;
                if (r >= 0)
                        report->n_undoable++;
        }
        return 0;
}

/* Without before-images there is another way back. */
static int query_explain_downgrade(struct dmig_report *report)
{
        if (report->result != DMIG_RESULT_DOWNGRADE || report->n_undoable > 0)
                return 0;
        return report_set_errorf(
                report, report->result,
                "%s is at version %s, lower than its data's %s, so no migration runs; there is nothing to undo, so install %s again, or restore the data from a backup and record that with 'deploy-migrate baseline %s %s'",
                report->package, report->to, report->from, report->from, report->package, report->to);
}

/*
 * What a run or an undo does now counts, whatever the history says until then: it is about what was before. After a preview the package is as
 * it was.
 */
static int query_look_at_run(struct dmig *ctx, const struct package *pkg, struct dmig_report *report)
{
        const char *id;
        int r;

        r = running_read(ctx, pkg->request.package, &report->progress);
        if (r <= 0 || streq(dmig_event_get_string(report->progress, "command"), "preview"))
                return r;
        id = dmig_event_get_string(report->progress, "id");
        for (size_t i = 0; i < report->n_steps; i++)
                if (streq(report->steps[i].id, id)) {
                        report->steps[i].state = DMIG_STATE_RUNNING;
                        free(TAKE_PTR(report->steps[i].error));
                }
        return report_set_error(report, DMIG_RESULT_RUNNING, NULL);
}

static int query_package(struct dmig *ctx, const struct upgrade_request *request, enum package_scope scope,
                         struct dmig_report **ret)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        _cleanup_(package_done) struct package pkg = { .request = *request };
        int r;

        r = package_new_report(request, ret, &report);
        if (r < 0)
                return r;
        r = package_open_history(&pkg, HISTORY_READ, &ctx->error);
        if (r >= 0)
                r = package_make_plan(&pkg, &ctx->error);
        if (r >= 0)
                r = query_revive_changed(ctx, &pkg.plan);
        if (r >= 0)
                r = package_report(&pkg, scope, report);
        if (r >= 0)
                r = query_look_at_gate(&pkg, ctx, report);
        if (r >= 0)
                r = query_look_at_transaction(&pkg, ctx, report);
        if (r >= 0 && scope == PACKAGE_ALL) {
                r = query_mark_modified(ctx, &pkg.plan, report);
                if (r >= 0)
                        r = query_look_at_undo(ctx, &pkg, report);
                if (r >= 0)
                        r = query_explain_downgrade(report);
                if (r >= 0)
                        r = query_look_at_run(ctx, &pkg, report);
        }
        return package_conclude_report(ctx, &report, r, ret);
}

int dmig_plan(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
              struct dmig_report **ret)
{
        const struct upgrade_request request = {
                .ctx = ctx, .package = package, .from = from, .to = to, .flags = flags
        };

        return query_package(ctx, &request, PACKAGE_UPGRADE, ret);
}

int dmig_status(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret)
{
        return query_package(ctx, &(const struct upgrade_request){ .ctx = ctx, .package = package, .flags = flags },
                             PACKAGE_ALL, ret);
}
