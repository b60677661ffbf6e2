/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/verbs/packages.h"
#include "cli/verbs/verbs.h"
#include "cli/verbs/view.h"

static int plan_package(struct cli *cli, const char *package, void *userdata)
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
        status = packages_each(cli, args, plan_package, &view);
        view_finish(cli, &view);
        return status;
}
