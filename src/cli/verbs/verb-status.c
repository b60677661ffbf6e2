/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/prometheus.h"
#include "cli/report/report-json.h"
#include "cli/report/status-text.h"
#include "cli/verbs/packages.h"
#include "cli/verbs/reports.h"
#include "cli/verbs/verbs.h"

static int exit_of_status(const struct cli *cli, const struct dmig_report *report)
{
        /* Metrics tell of it themselves: there the status only says whether they are all there. */
        if (dmig_report_get_result(report) == DMIG_RESULT_ERROR && !options_has(&cli->options, OPTION_PROMETHEUS))
                return exit_status_of_report(report, true);
        if (!options_has(&cli->options, OPTION_EXIT_CODE))
                return EXIT_DONE;
        /* A commit that has to be finished is no migration's state. */
        return dmig_report_get_result(report) == DMIG_RESULT_PENDING || report_count_states(report, STATES_OPEN) > 0
                       ? EXIT_PENDING
                       : EXIT_DONE;
}

static int status_package(struct cli *cli, const char *package, void *userdata)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r, status;

        r = dmig_status(cli->ctx, package, 0, &report);
        if (r < 0)
                return cli_failed(cli, package, r);

        status = exit_of_status(cli, report);
        if (cli->packages)
                json_object_array_add(cli->packages, report_json(report));
        else if (reports_add(userdata, report) < 0)
                return cli_failed(cli, package, -ENOMEM);
        else
                report = NULL;
        return status;
}

static uint64_t find_completed(struct cli *cli, const char *package)
{
        _cleanup_(dmig_history_freep) struct dmig_history *history = NULL;

        /* A history that can't be read makes the result an error. */
        if (dmig_history_load(cli->ctx, package, 0, &history) < 0)
                history = NULL;
        return prometheus_find_completed(history);
}

static int show_metrics(struct cli *cli, const struct reports *reports)
{
        _cleanup_free_ struct prometheus_sample *samples = calloc(reports->n + 1, sizeof(*samples));

        if (!samples)
                return cli_failed(cli, NULL, -ENOMEM);
        for (size_t i = 0; i < reports->n; i++)
                samples[i] = (struct prometheus_sample){
                        .report = reports->reports[i],
                        .completed_usec = find_completed(cli, dmig_report_get_package(reports->reports[i])),
                };
        prometheus_print(cli->out.stream, samples, reports->n);
        return EXIT_DONE;
}

static void show_text(struct cli *cli, const struct reports *reports, bool named)
{
        if (reports->n > 0)
                status_text_table(&cli->out, reports->reports, reports->n, !named);
        for (size_t i = 0; named && i < reports->n; i++)
                status_text_package(&cli->out, reports->reports[i]);
}

int verb_status(struct cli *cli, char **args)
{
        _cleanup_(reports_done) struct reports reports = { 0 }; /* the table is aligned when the last one is there */
        bool metrics = options_has(&cli->options, OPTION_PROMETHEUS);
        int status;

        if (metrics && options_has(&cli->options, OPTION_JSON))
                return cli_usage(cli, "--prometheus and --json don't go together");

        status = packages_each(cli, args, status_package, &reports);
        if (!metrics)
                show_text(cli, &reports, *args);
        else if (status == EXIT_DONE || status == EXIT_PENDING)
                status = exit_status_worse(status, show_metrics(cli, &reports));
        return status;
}
