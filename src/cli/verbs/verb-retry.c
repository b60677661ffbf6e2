/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* retry PACKAGE: clears the failures of its migrations, which reopens those that were given up, and runs it. */

#include "cli/verbs/verbs.h"

int verb_retry(struct cli *cli, char **args)
{
        int r = dmig_retry(cli->ctx, args[0], 0);

        return r < 0 ? cli_failed(cli, args[0], r) : verb_run(cli, args);
}
