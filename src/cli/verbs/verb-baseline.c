/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/confirm.h"
#include "cli/verbs/verbs.h"

int verb_baseline(struct cli *cli, char **args)
{
        int r = dmig_baseline(cli->ctx, args[0], args[1], 0);

        if (r < 0)
                return cli_failed(cli, args[0], r);
        return confirm(cli, args[0], "the data is recorded to be at %s", args[1]);
}
