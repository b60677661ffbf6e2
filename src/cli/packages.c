/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/packages.h"

#include "cli/signals.h"

static bool packages_are_stopped(int status)
{
        return status == EXIT_INTERRUPTED || signals_caught();
}

int packages_foreach(struct cli *cli, char **names, package_fn fn, void *userdata)
{
        _cleanup_(dmig_names_freep) char **all = NULL;
        int status = EXIT_DONE;

        assert(cli);
        assert(names);
        assert(fn);

        if (!*names) {
                int r = dmig_list_packages(cli->ctx, &all);

                if (r < 0)
                        return cli_failed(cli, NULL, r);
                names = all;
        }
        for (; *names && !packages_are_stopped(status); names++)
                status = exit_status_worse(status, fn(cli, *names, userdata));
        return packages_are_stopped(status) ? EXIT_INTERRUPTED : status;
}
