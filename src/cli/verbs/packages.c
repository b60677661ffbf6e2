/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/verbs/packages.h"

#include "cli/signals.h"

static bool is_interrupted(int status)
{
        return status == EXIT_INTERRUPTED || signals_caught();
}

int packages_each(struct cli *cli, char **names, package_fn fn, void *userdata)
{
        _cleanup_(dmig_names_freep) char **all = NULL;
        int status = EXIT_DONE;

        if (!*names) {
                int r = dmig_list_packages(cli->ctx, &all);

                if (r < 0)
                        return cli_failed(cli, NULL, r);
                names = all;
        }
        for (; *names && !is_interrupted(status); names++)
                status = exit_status_worse(status, fn(cli, *names, userdata));
        return is_interrupted(status) ? EXIT_INTERRUPTED : status;
}
