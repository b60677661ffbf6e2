/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/preview-text.h"
#include "cli/terminal/pager.h"
#include "cli/verbs/packages.h"
#include "cli/verbs/reports.h"
#include "cli/verbs/verbs.h"
#include "cli/verbs/view.h"

struct preview {
        struct view view;
        struct reports reports; /* for the pager, which must not be disturbed by work that goes on */
};

static int preview_package(struct cli *cli, const char *package, void *userdata)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        struct preview *preview = userdata;
        int r;

        r = dmig_preview(cli->ctx, package, cli->options.from, cli->options.to, 0, &report);
        progress_clear(&cli->progress);
        tail_clear(&cli->tail);
        if (r < 0)
                return cli_failed(cli, package, r);
        if (cli->packages || dmig_report_count(report) == 0)
                return view_show(cli, &preview->view, report);
        if (reports_add(&preview->reports, report) < 0)
                return cli_failed(cli, package, -ENOMEM);
        return exit_status_of_report(TAKE_PTR(report), true);
}

static void show_reports(struct cli *cli, struct preview *preview)
{
        struct pager pager;

        pager_open(&pager, &cli->out);
        for (size_t i = 0; i < preview->reports.n; i++) {
                fputs(i > 0 ? "\n" : "", cli->out.stream);
                (void)view_show(cli, &preview->view, preview->reports.reports[i]);
        }
        pager_close(&pager);
}

static void preview_done(struct preview *preview)
{
        reports_done(&preview->reports);
}

int verb_preview(struct cli *cli, char **args)
{
        _cleanup_(preview_done) struct preview preview = { .view = VIEW_PLAN };
        int status;

        if (cli->options.sandbox_off)
                return cli_usage(cli, "preview needs the sandbox: --sandbox=off doesn't go with it");
        preview.view.named = *args;
        preview.view.text = preview_text;
        status = packages_each(cli, args, preview_package, &preview);
        if (preview.reports.n > 0)
                show_reports(cli, &preview);
        view_finish(cli, &preview.view);
        return status;
}
