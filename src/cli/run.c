/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "packages.h"
#include "verbs.h"
#include "view.h"

static int run_package(struct cli *cli, const char *package, void *userdata)
{
        const struct options *options = &cli->options;
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r;

        r = dmig_run(cli->ctx, package, options->from, options->to, options->sandbox_off ? DMIG_SANDBOX_OFF : 0,
                     &report);
        if (r < 0)
                return cli_failed(cli, package, r);
        return view_show(cli, userdata, report);
}

int verb_run(struct cli *cli, char **args)
{
        struct view view = VIEW_RUN;
        int status;

        if (options_has(&cli->options, OPTION_DRY_RUN))
                return verb_plan(cli, args);

        view.named = *args;
        status = packages_each(cli, args, run_package, &view);
        if (status != EXIT_INTERRUPTED)
                view_show_idle(cli, &view);
        return status;
}
