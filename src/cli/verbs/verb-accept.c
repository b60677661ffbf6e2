/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* accept PACKAGE [ID]: records the consent that one migration, or each that is due, asks for. */

#include "cli/confirm.h"
#include "cli/verbs/verbs.h"

int verb_accept(struct cli *cli, char **args)
{
        const char *package = args[0], *id = args[1];
        int r = dmig_accept(cli->ctx, package, id, 0);

        if (r < 0)
                return cli_failed(cli, package, r);
        if (r == 0)
                return confirm_print(cli, package, "no consent is asked for that hasn't been given");
        return confirm_print(cli, package, "consent to %d migration%s recorded; 'deploy-migrate run %s' goes on", r,
                             r == 1 ? "" : "s", package);
}
