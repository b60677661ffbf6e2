/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/view.h"

#include "cli/journal/notify.h"
#include "cli/json-build.h"
#include "cli/report/report-json.h"

#include <syslog.h>

static const char *version_or_unknown(const char *version)
{
        return version ? version : "?";
}

/* A run for all packages doesn't warn about removed ones: each that wasn't purged would cause a warning in every run. */
static bool view_is_worth_warning(const struct cli *cli, const struct view *view, enum dmig_result result)
{
        if (result == DMIG_RESULT_NOT_INSTALLED)
                return view->named || cli->options.verbosity > 0;
        return result == DMIG_RESULT_DOWNGRADE;
}

static void view_warn(struct cli *cli, const struct dmig_report *report)
{
        const char *error = dmig_report_get_error(report);

        cli_say(cli, LOG_WARNING, dmig_report_get_package(report),
                error ? error : dmig_result_to_string(dmig_report_get_result(report)));
}

static void view_show_upgrade(struct cli *cli, const struct view *view, const struct dmig_report *report)
{
        if (view->print) {
                view->print(&cli->out, report);
                return;
        }
        report_text_print_heading(&cli->out, report);
        report_text_print_steps(&cli->out, report, view->states);
        if (!view->planned || dmig_report_get_error(report))
                report_text_print_result(&cli->out, report);
        if (!view->planned)
                report_text_print_commands(&cli->out, report, cli->options.root);
}

static void view_show_idle(struct cli *cli, const struct view *view, const struct dmig_report *report)
{
        const struct terminal *out = &cli->out;

        if (!view->named)
                return;
        terminal_put(out, STYLE_BOLD, dmig_report_get_package(report));
        fputs(": ", out->stream);
        terminal_put(out, STYLE_PLAIN, version_or_unknown(dmig_report_get_to(report)));
        fputs(", nothing to do\n", out->stream);
}

/* With -q success prints nothing; but a plan is always printed. */
static bool view_is_quiet(const struct cli *cli, const struct view *view, int status)
{
        return cli->options.verbosity < 0 && !view->planned && status == EXIT_DONE;
}

static void view_show_text(struct cli *cli, const struct view *view, const struct dmig_report *report)
{
        switch (dmig_report_get_result(report)) {
        case DMIG_RESULT_DOWNGRADE:
        case DMIG_RESULT_NOT_INSTALLED:
                return;
        case DMIG_RESULT_ERROR:
                cli_say(cli, LOG_ERR, dmig_report_get_package(report), dmig_report_get_error(report));
                return;
        case DMIG_RESULT_NOTHING_TO_DO:
                view_show_idle(cli, view, report);
                return;
        default:
                view_show_upgrade(cli, view, report);
        }
}

static void view_count(struct view *view, enum dmig_result result, int status)
{
        view->n_packages++;
        if (status != EXIT_DONE)
                view->n_failed++;
        else if (result != DMIG_RESULT_COMPLETED && result != DMIG_RESULT_PENDING)
                view->n_idle++;
}

static void view_show_report(struct cli *cli, const struct view *view, const struct dmig_report *report, int status)
{
        if (cli->journal.enabled)
                journal_report(&cli->journal, report);
        else if (view_is_worth_warning(cli, view, dmig_report_get_result(report)))
                view_warn(cli, report);
        if (cli->packages)
                json_build_append(cli->packages, report_json(report));
        else if (!cli->journal.enabled && !view_is_quiet(cli, view, status))
                view_show_text(cli, view, report);
}

int view_show(struct cli *cli, struct view *view, const struct dmig_report *report)
{
        int status;

        assert(cli);
        assert(view);
        assert(report);

        status = exit_status_of_report(report, view->planned);
        progress_clear(&cli->progress);
        view_count(view, dmig_report_get_result(report), status);
        view_show_report(cli, view, report, status);
        cli_flush(cli);
        return status;
}

void view_finish(const struct cli *cli, const struct view *view, int status)
{
        FILE *stream;

        assert(cli);
        assert(view);

        if (cli->journal.enabled && !view->planned)
                journal_summary(&cli->journal, view->n_packages, view->n_idle, view->n_failed);
        if (!view->planned)
                notify_summary(view->n_packages, view->n_failed);
        if (cli->packages || cli->journal.enabled || view->named || cli->options.verbosity < 0)
                return;
        stream = cli->out.stream;
        if (view->n_packages == 0 && status == EXIT_DONE)
                fputs("no package has migrations\n", stream);
        else if (view->n_idle > 0)
                fprintf(stream, "%zu package%s, nothing to do\n", view->n_idle, view->n_idle == 1 ? "" : "s");
}
