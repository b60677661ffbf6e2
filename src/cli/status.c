/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "packages.h"
#include "report-json.h"
#include "status-text.h"
#include "verbs.h"

/* The table can't be aligned before the last report is there. */
struct reports {
        struct dmig_report **reports;
        size_t n;
};

static void reports_done(struct reports *reports)
{
        for (size_t i = 0; i < reports->n; i++)
                dmig_report_unref(reports->reports[i]);
        free(reports->reports);
}

static int reports_add(struct reports *reports, struct dmig_report *report)
{
        struct dmig_report **grown = reallocarray(reports->reports, reports->n + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        reports->reports = grown;
        reports->reports[reports->n++] = report;
        return 0;
}

static int exit_of_status(const struct cli *cli, const struct dmig_report *report)
{
        if (dmig_report_get_result(report) == DMIG_RESULT_ERROR)
                return exit_of_report(report, true);
        if (options_has(&cli->options, OPTION_EXIT_CODE) && report_count_states(report, STATES_OPEN) > 0)
                return EXIT_PENDING;
        return EXIT_DONE;
}

static int status_package(struct cli *cli, const char *package, void *userdata)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r, status;

        r = dmig_status(cli->ctx, package, &report);
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

int verb_status(struct cli *cli, char **args)
{
        _cleanup_(reports_done) struct reports reports = { 0 };
        int status = packages_each(cli, args, status_package, &reports);

        if (reports.n > 0)
                status_text_table(&cli->out, reports.reports, reports.n, !*args);
        for (size_t i = 0; *args && i < reports.n; i++)
                status_text_package(&cli->out, reports.reports[i]);
        return status;
}
