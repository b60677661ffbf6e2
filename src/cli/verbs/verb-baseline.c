/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* baseline PACKAGE VERSION: records the version that the package's data is at, so that the migrations after it are pending. */

#include "cli/confirm.h"
#include "cli/verbs/verbs.h"

int verb_baseline(struct cli *cli, char **args)
{
        unsigned flags = options_has(&cli->options, OPTION_IF_UNKNOWN) ? DMIG_IF_UNKNOWN : 0U;
        int r = dmig_baseline(cli->ctx, args[0], args[1], flags);

        if (r < 0)
                return cli_failed(cli, args[0], r);
        if (r > 0)
                return confirm_print(cli, args[0], "nothing recorded: %s",
                                     args[1][0] ? "the version of its data is known" : "no version given");
        return confirm_print(cli, args[0], "recorded that the data is at %s", args[1]);
}
