/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/package.h"

#include "catalog/catalog-load.h"
#include "catalog/migration-name.h"
#include "package/gate.h"

#include <syslog.h>

static int check_version(const char *argument, struct error *error)
{
        _cleanup_free_ char *version = NULL;

        return argument ? version_from_argument(argument, &version, error) : 0;
}

int survey_check_request(const struct upgrade_request *request, struct error *error)
{
        int r;

        if (!package_name_is_valid(request->package))
                return error_setf(
                        error, -EINVAL,
                        "'%s' is no package name: letters and digits, behind the first one also '+', '-', '.' and '_'",
                        request->package);
        r = check_version(request->from, error);
        return r < 0 ? r : check_version(request->to, error);
}

int survey_new_report(const struct upgrade_request *request, struct dmig_report **ret, struct error *error)
{
        int r = survey_check_request(request, error);

        return r < 0 ? r : report_new(request->package, ret);
}

int survey_open_history(struct survey *survey, struct dmig *ctx, enum history_mode mode, struct error *error)
{
        int r;

        r = history_open(&ctx->root, survey->request.package, mode, false, &survey->history, error);
        if (r >= 0 && survey->history->torn)
                context_log(ctx, LOG_WARNING, survey->request.package,
                            "the last line of %s was cut short, it was set aside as %s", survey->history->path,
                            survey->history->torn);
        else if (r >= 0 && survey->history->cut)
                context_log(ctx, LOG_WARNING, survey->request.package,
                            "the last line of %s is cut short; the next run sets it aside", survey->history->path);
        return r;
}

int survey_make_plan(struct survey *survey, struct dmig *ctx, struct error *error)
{
        const struct history_state *state = &survey->history->state;
        int r;

        r = upgrade_resolve(ctx, &survey->request, state, &survey->upgrade, error);
        if (r < 0 || survey->upgrade.result != DMIG_RESULT_PENDING)
                return r;

        r = catalog_load(&ctx->root, survey->request.package, &survey->catalog, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < survey->catalog->n_notices; i++)
                context_log(ctx, LOG_NOTICE, survey->request.package, "%s", survey->catalog->notices[i]);

        r = range_init(&survey->range, survey->upgrade.from, survey->upgrade.to, error);
        return r < 0 ? r : plan_make(survey->catalog, state, &survey->range, &survey->plan, error);
}

void survey_done(struct survey *survey)
{
        plan_done(&survey->plan);
        range_done(&survey->range);
        catalog_free(survey->catalog);
        upgrade_done(&survey->upgrade);
        history_free(survey->history);
}

bool survey_is_due(const struct plan_step *step)
{
        return step->in_range && (step->state == DMIG_STATE_PENDING || step->state == DMIG_STATE_FAILED ||
                                  step->state == DMIG_STATE_POSTPONED || step->state == DMIG_STATE_GAVE_UP);
}

enum dmig_result survey_get_result(const struct survey *survey)
{
        const struct plan_step *first = NULL; /* that is due: none behind it was tried, unless it came later */

        if (survey->upgrade.result != DMIG_RESULT_PENDING)
                return survey->upgrade.result;

        for (size_t i = 0; i < survey->plan.n_steps; i++) {
                const struct plan_step *step = &survey->plan.steps[i];

                if (!survey_is_due(step))
                        continue;
                if (step->state == DMIG_STATE_GAVE_UP) /* the package stops there, whatever is before it */
                        return DMIG_RESULT_FAILED;
                if (!first)
                        first = step;
        }
        if (!first)
                return DMIG_RESULT_NOTHING_TO_DO;
        return first->state == DMIG_STATE_POSTPONED ? DMIG_RESULT_POSTPONED
               : first->state == DMIG_STATE_FAILED  ? DMIG_RESULT_FAILED
                                                    : DMIG_RESULT_PENDING;
}

bool survey_shows(enum survey_scope scope, const struct plan_step *step)
{
        return scope == SURVEY_ALL || step->in_range || step->state == DMIG_STATE_OUT_OF_ORDER;
}

static int copy(char **ret, const char *text)
{
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

static int fill_step(const struct plan_step *planned, struct dmig_step *step)
{
        const struct record *record = planned->record;
        bool failed = planned->state == DMIG_STATE_FAILED || planned->state == DMIG_STATE_GAVE_UP;

        step->state = planned->state;
        step->direct = planned->migration && planned->migration->manifest->unrestricted;
        if (record) {
                step->duration_ms = record->duration_ms;
                step->changes = record->changes;
        }
        return copy(&step->id, planned->id) < 0 ||
                               copy(&step->description,
                                    planned->migration ? planned->migration->manifest->description : NULL) < 0 ||
                               copy(&step->error, failed && record ? record->reason : NULL) < 0
                       ? -ENOMEM
                       : 0;
}

int survey_look_at_gate(const struct survey *survey, const struct dmig *ctx, struct dmig_report *report, char **ret,
                        struct error *error)
{
        _cleanup_(gate_done) struct gate gate = { 0 };
        int r;

        if (survey->plan.n_pending > 0 && !ctx->root.path[0]) {
                r = gate_look(survey->request.package, &gate, error);
                if (r < 0)
                        return r;
        }
        report_take_units(report, TAKE_PTR(gate.units), gate.n_units);
        *ret = TAKE_PTR(gate.running);
        return 0;
}

int survey_explain_gate(struct dmig_report *report, const char *running)
{
        return report_set_errorf(report, DMIG_RESULT_PENDING, 0,
                                 "%s is running, and data is never migrated under a running service: "
                                 "systemctl restart %s migrates it first",
                                 running, running);
}

static int explain(const struct survey *survey, struct dmig_report *report)
{
        const struct upgrade *upgrade = &survey->upgrade;
        const char *package = survey->request.package;

        if (report->result == DMIG_RESULT_DOWNGRADE)
                return report_set_errorf(report, report->result, 0,
                                         "%s is at version %s, below its data's %s: nothing runs", package, upgrade->to,
                                         upgrade->from);
        if (report->result == DMIG_RESULT_NOT_INSTALLED)
                return report_set_errorf(report, report->result, 0, "%s is not installed", package);

        for (size_t i = 0; report->result == DMIG_RESULT_FAILED && i < report->n_steps; i++) {
                const struct dmig_step *step = &report->steps[i];

                if (step->state == DMIG_STATE_GAVE_UP)
                        return report_set_errorf(report, report->result, 0, SURVEY_GAVE_UP, step->id, package);
                if (step->state == DMIG_STATE_FAILED)
                        return report_set_errorf(report, report->result, 0, "%s failed: %s", step->id, step->error);
        }
        return 0;
}

int survey_report(const struct survey *survey, enum survey_scope scope, struct dmig_report *report)
{
        const struct plan *plan = &survey->plan;
        size_t n = 0;
        int r;

        report->result = survey_get_result(survey);
        r = report_set_versions(report, survey->upgrade.from, survey->upgrade.to, survey->upgrade.from_source);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plan->n_steps; i++)
                n += survey_shows(scope, &plan->steps[i]);
        r = report_add_steps(report, n);
        for (size_t i = 0, k = 0; r >= 0 && i < plan->n_steps; i++)
                if (survey_shows(scope, &plan->steps[i]))
                        r = fill_step(&plan->steps[i], &report->steps[k++]);
        return r < 0 ? r : explain(survey, report);
}
