/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* preview [PACKAGE|FILE.deb...]: runs the pending migrations in throw-away overlays, and shows the changes in a pager. */

#include "cli/deb-file.h"
#include "cli/packages.h"
#include "cli/report/preview-text.h"
#include "cli/reports.h"
#include "cli/session.h"
#include "cli/terminal/pager.h"
#include "cli/verbs/verbs.h"
#include "cli/view.h"

struct preview {
        struct view view;
        unsigned flags;         /* for the package at hand */
        struct reports reports; /* shown at the end: migrations that run meanwhile would disturb the pager */
};

static int verb_preview_upgrade(struct cli *cli, const char *package, const char *to, struct preview *preview)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        unsigned flags = preview->flags | (options_has(&cli->options, OPTION_REACH_OUT) ? DMIG_REACH_OUT : 0);
        int r;

        r = dmig_preview(cli->ctx, package, cli->options.from, to, flags, &report);
        progress_clear(&cli->progress);
        tail_clear(&cli->tail);
        if (r < 0)
                return cli_failed(cli, package, r);
        if (cli->packages || dmig_report_count(report) == 0)
                return view_show(cli, &preview->view, report);
        reports_add(&preview->reports, report);
        return exit_status_of_report(TAKE_PTR(report), true);
}

/* An upgrade to a package that isn't installed yet. */
static int verb_preview_file(struct cli *cli, const char *path, struct preview *preview)
{
        _cleanup_(deb_file_done) struct deb_file file = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r, status;

        r = deb_file_open(path, session_root(cli), &file, &error);
        if (r < 0) {
                error_complete(&error, r);
                return cli_fail(cli, EXIT_UNUSABLE, error_text(&error));
        }
        status = session_reopen(cli); /* which sees its migrations */
        return status == EXIT_DONE ? verb_preview_upgrade(cli, file.package,
                                                          cli->options.to ? cli->options.to : file.version, preview)
                                   : status;
}

static int verb_preview_argument(struct cli *cli, const char *argument, void *userdata)
{
        struct preview *preview = userdata;

        preview->flags = deb_file_is(argument) ? DMIG_NOT_UNPACKED : 0;
        return preview->flags ? verb_preview_file(cli, argument, preview)
                              : verb_preview_upgrade(cli, argument, cli->options.to, preview);
}

static void verb_preview_show(struct cli *cli, struct preview *preview)
{
        struct pager pager;

        pager_open(&pager, &cli->out);
        for (size_t i = 0; i < preview->reports.n; i++) {
                fputs(i > 0 ? "\n" : "", cli->out.stream);
                (void)view_show(cli, &preview->view, preview->reports.reports[i]);
        }
        pager_close(&pager);
}

static void verb_preview_done(struct preview *preview)
{
        reports_done(&preview->reports);
}

int verb_preview(struct cli *cli, char **args)
{
        _cleanup_(verb_preview_done) struct preview preview = { .view = VIEW_PLAN };
        int status;

        if (cli->options.sandbox_off)
                return cli_usage(
                        cli,
                        "preview can't run with --sandbox=off: without the sandbox its changes couldn't be discarded");
        preview.view.named = *args;
        preview.view.print = preview_text_print;
        status = packages_foreach(cli, args, verb_preview_argument, &preview);
        if (preview.reports.n > 0)
                verb_preview_show(cli, &preview);
        view_finish(cli, &preview.view, status);
        return status;
}
