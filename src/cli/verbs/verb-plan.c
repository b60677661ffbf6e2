/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* plan [PACKAGE...]: prints the migrations that run would execute. Executes nothing, writes nothing, takes no lock. */

#include "cli/packages.h"
#include "cli/verbs/verbs.h"
#include "cli/view.h"

static int verb_plan_package(struct cli *cli, const char *package, void *userdata)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r;

        r = dmig_plan(cli->ctx, package, cli->options.from, cli->options.to, 0, &report);
        if (r < 0)
                return cli_failed(cli, package, r);
        return view_show(cli, userdata, report);
}

int verb_plan(struct cli *cli, char **args)
{
        struct view view = VIEW_PLAN;
        int status;

        view.named = *args;
        status = packages_foreach(cli, args, verb_plan_package, &view);
        view_finish(cli, &view, status);
        return status;
}
