/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* status [PACKAGE...]: prints each package's state, as a table, JSON or metrics. Takes no lock. */

#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/packages.h"
#include "cli/report/prometheus.h"
#include "cli/report/report-json.h"
#include "cli/report/status-text.h"
#include "cli/reports.h"
#include "cli/verbs/verbs.h"

static int verb_status_exit(const struct cli *cli, const struct dmig_report *report)
{
        /* The metrics contain the error; with them the exit status only reports whether they are complete. */
        if (dmig_report_get_result(report) == DMIG_RESULT_ERROR && !options_has(&cli->options, OPTION_PROMETHEUS))
                return exit_status_of_report(report, true);
        if (!options_has(&cli->options, OPTION_EXIT_CODE))
                return EXIT_DONE;
        /* A result can be pending without an open migration: a commit that has to be finished. */
        return dmig_report_get_result(report) == DMIG_RESULT_PENDING ||
                               dmig_report_get_result(report) == DMIG_RESULT_DOWNGRADE ||
                               dmig_report_get_result(report) == DMIG_RESULT_RUNNING ||
                               report_count_states(report, STATES_OPEN) > 0
                       ? EXIT_PENDING
                       : EXIT_DONE;
}

static int verb_status_package(struct cli *cli, const char *package, void *userdata)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r, status;

        r = dmig_status(cli->ctx, package, 0, &report);
        if (r < 0)
                return cli_failed(cli, package, r);

        status = verb_status_exit(cli, report);
        reports_add(userdata, TAKE_PTR(report));
        return status;
}

static int prometheus_sample_init(struct prometheus_sample *sample, struct cli *cli, const struct dmig_report *report)
{
        _cleanup_(dmig_history_freep) struct dmig_history *history = NULL;
        int r = 0;

        if (dmig_report_get_result(report) != DMIG_RESULT_ERROR) /* which says why it can't be read */
                r = dmig_history_load(cli->ctx, dmig_report_get_package(report), 0, &history);
        *sample = (struct prometheus_sample){ report, prometheus_look_back(history) };
        return r == -ENOENT ? 0 : r;
}

static int verb_status_show_metrics(struct cli *cli, const struct reports *reports)
{
        _cleanup_free_ struct prometheus_sample *samples = need_memory(calloc(reports->n + 1, sizeof(*samples)));

        for (size_t i = 0; i < reports->n; i++) {
                int r = prometheus_sample_init(&samples[i], cli, reports->reports[i]);

                if (r < 0)
                        return cli_failed(cli, dmig_report_get_package(reports->reports[i]), r);
        }
        prometheus_print(cli->out.stream, samples, reports->n);
        return EXIT_DONE;
}

static void verb_status_show_text(struct cli *cli, const struct reports *reports, bool named)
{
        const struct status_view view = {
                .terminal = &cli->out,
                .reports = reports->reports,
                .n = reports->n,
                .named = named,
                .all = options_has(&cli->options, OPTION_ALL),
                .root = cli->options.root,
        };

        (named ? status_text_print_named : status_text_print_all)(&view);
}

static void verb_status_show_json(struct cli *cli, const struct reports *reports)
{
        for (size_t i = 0; i < reports->n; i++)
                json_build_append(cli->packages, report_json(reports->reports[i]));
}

int verb_status(struct cli *cli, char **args)
{
        _cleanup_(reports_done) struct reports reports = { 0 }; /* all of them first: the table is aligned */
        bool metrics = options_has(&cli->options, OPTION_PROMETHEUS);
        int status;

        if (metrics && options_has(&cli->options, OPTION_JSON))
                return cli_usage(cli, "--prometheus and --json can't be combined");

        status = packages_foreach(cli, args, verb_status_package, &reports);
        if (!*args) /* else in the order in which they were named */
                status_text_sort(reports.reports, reports.n);
        if (cli->packages)
                verb_status_show_json(cli, &reports);
        else if (!metrics && (reports.n > 0 || status == EXIT_DONE))
                verb_status_show_text(cli, &reports, *args);
        else if (status == EXIT_DONE || status == EXIT_PENDING)
                status = exit_status_worse(status, verb_status_show_metrics(cli, &reports));
        return status;
}
