/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mark PACKAGE ID applied|skipped: records that a migration need not run, and the reason for it. */

#include "cli/confirm.h"
#include "cli/verbs/verbs.h"

int verb_mark(struct cli *cli, char **args)
{
        const char *package = args[0], *id = args[1], *as = args[2], *reason = cli->options.reason;
        enum dmig_state state;
        int r;

        if (streq(as, "applied"))
                state = DMIG_STATE_APPLIED;
        else if (streq(as, "skipped"))
                state = DMIG_STATE_SKIPPED;
        else
                return cli_usage(cli, "a migration can be marked as 'applied' or 'skipped', not as '%s'", as);
        if (!reason || !*reason)
                return cli_usage(cli, "mark needs --reason TEXT; it is recorded in the history");

        r = dmig_mark(cli->ctx, package, id, state, reason, 0);
        if (r < 0)
                return cli_failed(cli, package, r);
        return confirm_print(cli, package, "marked %s as %s", id, as);
}
