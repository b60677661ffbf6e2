/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/package.h"

#include "basic/memstream.h"
#include "catalog/catalog-load.h"
#include "catalog/migration-name.h"

#include <stdio.h>
#include <syslog.h>

static int version_check_argument(const char *argument, struct error *error)
{
        _cleanup_free_ char *version = NULL;

        return argument ? version_from_argument(argument, &version, error) : 0;
}

int package_check_request(const struct upgrade_request *request)
{
        struct dmig *ctx = request->ctx;
        int r;

        r = context_begin(ctx, request->flags, request->accepted);
        if (r >= 0)
                r = context_check_argument(ctx, "package", request->package);
        if (r < 0)
                return r;
        if (!package_name_is_valid(request->package))
                return error_setf(
                        &ctx->error, -EINVAL,
                        "'%s' is not a package name: it must begin with a letter or a digit, and have only these, '+', '-', '.' and '_'",
                        request->package);
        r = version_check_argument(request->from, &ctx->error);
        return r < 0 ? r : version_check_argument(request->to, &ctx->error);
}

int package_new_report(const struct upgrade_request *request, struct dmig_report **place, struct dmig_report **ret)
{
        int r;

        r = package_check_request(request);
        if (r >= 0)
                r = context_check_argument(request->ctx, "ret", place);
        return context_end(request->ctx, r < 0 ? r : report_new(request->package, ret));
}

int package_conclude_report(struct dmig *ctx, struct dmig_report **report, int code, struct dmig_report **place)
{
        enum dmig_result result = code == -ECANCELED ? DMIG_RESULT_PENDING : DMIG_RESULT_ERROR;

        if (code < 0) {
                error_complete(&ctx->error, code);
                (*report)->code = code;
                code = report_set_error(*report, result, error_text(&ctx->error));
        }
        if (code < 0)
                return context_end(ctx, code);
        *place = TAKE_PTR(*report);
        return 0;
}

int package_open_history(struct package *pkg, enum history_mode mode, struct error *error)
{
        struct dmig *ctx = pkg->request.ctx;
        const struct history_request request = { &ctx->root, pkg->request.package, .mode = mode };
        int r;

        r = history_open(&request, &pkg->history, error);
        if (r >= 0 && pkg->history->torn)
                context_log(ctx, LOG_WARNING, pkg->request.package,
                            "the last line of %s was cut short; it is kept as %s", pkg->history->path,
                            pkg->history->torn);
        else if (r >= 0 && pkg->history->cut)
                context_log(ctx, LOG_WARNING, pkg->request.package,
                            "the last line of %s is cut short; the next run sets it aside", pkg->history->path);
        return r;
}

static bool catalog_asks_for_consent(const struct catalog *catalog)
{
        for (size_t i = 0; i < catalog->n_migrations; i++)
                if (catalog->migrations[i].manifest->consent)
                        return true;
        return false;
}

/* Which migrations belong to the installed software has to be told. */
static int package_check_version(const struct package *pkg, struct error *error)
{
        const char *package = pkg->request.package;
        size_t i = 0;

        if (!pkg->upgrade.unversioned || pkg->plan.n_pending == 0)
                return 0;
        while (!package_is_due(&pkg->plan.steps[i]))
                i++;
        return error_setf(
                error, -ENODATA,
                "%s is newer than the data of %s, but nothing tells which version is installed: neither /var/lib/dpkg/status nor " VENDOR_DIR
                "/%s/version is there; ship the latter with the software, or give the version with --to",
                pkg->plan.steps[i].id, package, package);
}

int package_make_plan(struct package *pkg, struct error *error)
{
        const struct history_state *state = &pkg->history->state;
        struct dmig *ctx = pkg->request.ctx;
        int r;

        assert(pkg->history);

        r = upgrade_resolve(&pkg->request, state, &pkg->upgrade, error);
        if (r < 0 || pkg->upgrade.result != DMIG_RESULT_PENDING)
                return r;

        r = catalog_load(&ctx->root, pkg->request.package, &pkg->catalog, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < pkg->catalog->notices.n; i++)
                context_log(ctx, LOG_NOTICE, pkg->request.package, "%s", pkg->catalog->notices.list[i]);

        if (catalog_asks_for_consent(pkg->catalog))
                r = consents_read(&ctx->root, pkg->request.package, &pkg->consents, error);
        if (r >= 0)
                r = version_range_init(&pkg->range, pkg->upgrade.from, pkg->upgrade.to, error);
        if (r >= 0)
                r = plan_make(&(const struct plan_request){ pkg->catalog, state, &pkg->range, &pkg->consents },
                              &pkg->plan, error);
        return r < 0 ? r : package_check_version(pkg, error);
}

void package_done(struct package *pkg)
{
        plan_done(&pkg->plan);
        consents_done(&pkg->consents);
        version_range_done(&pkg->range);
        catalog_free(pkg->catalog);
        upgrade_done(&pkg->upgrade);
        history_free(pkg->history);
}

bool package_is_due(const struct plan_step *step)
{
        return step->in_range && (step->state == DMIG_STATE_PENDING || step->state == DMIG_STATE_FAILED ||
                                  step->state == DMIG_STATE_POSTPONED || step->state == DMIG_STATE_GAVE_UP);
}

static enum dmig_result package_get_result(const struct package *pkg)
{
        const struct plan_step *first = NULL; /* that is due: no later one was tried, unless this one came after it */

        if (pkg->upgrade.result != DMIG_RESULT_PENDING)
                return pkg->upgrade.result;

        for (size_t i = 0; i < pkg->plan.n_steps; i++) {
                const struct plan_step *step = &pkg->plan.steps[i];

                if (!package_is_due(step))
                        continue;
                if (step->state == DMIG_STATE_GAVE_UP) /* the package stops there, whatever comes before it */
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

bool package_shows(enum package_scope scope, const struct plan_step *step)
{
        return scope == PACKAGE_ALL || step->in_range || step->state == DMIG_STATE_OUT_OF_ORDER;
}

static int text_copy(char **ret, const char *text)
{
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

/* The history is right about a migration whose package has changed since. */
static bool plan_step_reaches_out(const struct plan_step *planned)
{
        return (planned->migration && manifest_reaches_out(planned->migration->manifest)) ||
               (planned->record && planned->record->reaches_out);
}

static int step_fill_in(struct dmig_step *step, const struct plan_step *planned)
{
        const struct record *record = planned->record;
        bool postponed = planned->state == DMIG_STATE_POSTPONED;
        bool has_error = planned->state == DMIG_STATE_FAILED || planned->state == DMIG_STATE_GAVE_UP || postponed;

        step->state = planned->state;
        step->direct = planned->migration && planned->migration->manifest->unrestricted;
        step->reaches_out = plan_step_reaches_out(planned);
        if (record) {
                step->duration_ms = record->duration_ms;
                step->changes = record->changes;
        }
        return text_copy(&step->id, planned->id) < 0 ||
                               text_copy(&step->description,
                                         planned->migration ? planned->migration->manifest->description : NULL) < 0 ||
                               text_copy(&step->consent, planned->consent) < 0 ||
                               text_copy(&step->turn, postponed && record ? record->turn : NULL) < 0 ||
                               text_copy(&step->error, has_error && record ? record->reason : NULL) < 0
                       ? -ENOMEM
                       : 0;
}

int package_look_at_gate(const struct package *pkg, struct dmig_report *report, struct gate *ret, struct error *error)
{
        struct gate gate = { 0 };
        int r = 0;

        assert(ret);

        if (pkg->plan.n_pending > 0 && !pkg->request.ctx->root.path[0])
                r = gate_look(pkg->request.package, &gate, error);
        if (r < 0)
                return r;
        report_take_units(report, TAKE_PTR(gate.units), gate.n_units);
        *ret = gate;
        return 0;
}

/* "a b c" or "a, b and c" */
static int gate_join_units(const struct strv *units, bool sentence, char **ret)
{
        size_t size;
        FILE *stream = open_memstream(ret, &size);

        if (!stream)
                return -ENOMEM;
        for (size_t i = 0; i < units->n; i++)
                fprintf(stream, "%s%s",
                        i == 0             ? ""
                        : !sentence        ? " "
                        : i + 1 < units->n ? ", "
                                           : " and ",
                        units->list[i]);
        return memstream_close(stream, ret);
}

/* A restart of a service ends the connections of the others, too; without one they have to be ended by hand. */
int package_explain_gate(struct dmig_report *report, const struct gate *gate)
{
        const struct strv *units = gate->running.n > 0 ? &gate->running : &gate->connections;
        _cleanup_free_ char *names = NULL, *arguments = NULL, *command = NULL;
        int r;

        assert(report && gate_is_running(gate));

        r = gate_join_units(units, true, &names);
        if (r >= 0)
                r = gate_join_units(units, false, &arguments);
        if (r >= 0 && gate->running.n > 0)
                r = asprintf(&command, "systemctl restart %s' migrates", arguments);
        else if (r >= 0)
                r = asprintf(&command, "systemctl stop %s && deploy-migrate run %s' migrates", arguments,
                             report->package);
        if (r < 0) {
                command = NULL;
                return -ENOMEM;
        }
        return report_set_errorf(report, DMIG_RESULT_PENDING,
                                 "%s %s running, and data is never migrated under a running service; '%s it first",
                                 names, units->n == 1 ? "is" : "are", command);
}

static int package_explain(const struct package *pkg, struct dmig_report *report)
{
        const struct upgrade *upgrade = &pkg->upgrade;
        const char *package = pkg->request.package;
        bool failed = report->result == DMIG_RESULT_FAILED;

        if (report->result == DMIG_RESULT_DOWNGRADE)
                return report_set_errorf(
                        report, report->result,
                        "%s is at version %s, lower than its data's %s, so no migration runs; install %s again, or take the data back with 'deploy-migrate undo %s'",
                        package, upgrade->to, upgrade->from, upgrade->from, package);
        if (report->result == DMIG_RESULT_NOT_INSTALLED)
                return report_set_errorf(report, report->result, "%s is not installed", package);
        if (!failed && report->result != DMIG_RESULT_POSTPONED)
                return 0;

        for (size_t i = 0; i < report->n_steps; i++) {
                const struct dmig_step *step = &report->steps[i];

                if (failed && step->state == DMIG_STATE_GAVE_UP)
                        return report_set_errorf(report, report->result, PACKAGE_GAVE_UP, step->id, package);
                if (failed && step->state == DMIG_STATE_FAILED)
                        return report_set_errorf(report, report->result, "%s failed: %s", step->id, step->error);
                if (!failed && step->state == DMIG_STATE_POSTPONED && step->error)
                        return report_set_errorf(report, report->result, "%s is postponed: %s", step->id, step->error);
        }
        return 0;
}

int package_report(const struct package *pkg, enum package_scope scope, struct dmig_report *report)
{
        const struct plan *plan = &pkg->plan;
        size_t n = 0;
        int r;

        report->result = package_get_result(pkg);
        r = report_set_versions(report, pkg->upgrade.from, pkg->upgrade.to, pkg->upgrade.from_source);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plan->n_steps; i++)
                n += package_shows(scope, &plan->steps[i]);
        r = report_add_steps(report, n);
        for (size_t i = 0, k = 0; r >= 0 && i < plan->n_steps; i++)
                if (package_shows(scope, &plan->steps[i]))
                        r = step_fill_in(&report->steps[k++], &plan->steps[i]);
        return r < 0 ? r : package_explain(pkg, report);
}
