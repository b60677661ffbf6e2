/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/session.h"

#include "cli/feedback.h"
#include "cli/report/exit-status.h"
#include "cli/report/owners.h"
#include "cli/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns: the variable, NULL also if it is empty: dpkg sets an empty DPKG_ROOT for maintainer scripts. */
static const char *session_getenv(const char *name)
{
        const char *value = getenv(name);

        return value && *value ? value : NULL;
}

const char *session_root(const struct cli *cli)
{
        const char *root = cli->options.root ? cli->options.root : session_getenv("DPKG_ROOT");

        return root && !streq(root, "/") ? root : "";
}

/*
 * As in dpkg-query, a variable is the default of an option, and --root sets both directories. DEPLOY_MIGRATE_LIBEXECDIR and
 * DEPLOY_MIGRATE_DATADIR are for a build tree that isn't installed.
 */
static int session_set_directories(struct cli *cli)
{
        const char *libexecdir = session_getenv("DEPLOY_MIGRATE_LIBEXECDIR");
        const char *datadir = session_getenv("DEPLOY_MIGRATE_DATADIR");
        const char *root = session_root(cli);
        const char *admindir = cli->options.root ? NULL : session_getenv("DPKG_ADMINDIR");
        int r = 0;

        owners_set_root(root);
        if (root[0])
                r = dmig_set_root(cli->ctx, root);
        if (r >= 0 && admindir)
                r = dmig_set_admindir(cli->ctx, admindir);
        if (r >= 0 && libexecdir)
                r = dmig_set_libexecdir(cli->ctx, libexecdir);
        if (r >= 0 && datadir)
                r = dmig_set_datadir(cli->ctx, datadir);
        return r;
}

int session_open(struct cli *cli)
{
        int r;

        assert(cli);

        r = dmig_new(&cli->ctx);
        if (r < 0) {
                char message[256];

                snprintf(
                        message, sizeof(message),
                        "can't begin a run (its id, memory, the root directory): %s; try again, and see 'dmesg' if that doesn't help",
                        strerror(-r));
                return cli_fail(cli, exit_status_of_errno(r), message);
        }
        dmig_set_log_fn(cli->ctx, feedback_on_log, cli);
        dmig_set_event_fn(cli->ctx, feedback_on_event, cli);
        if (options_has(&cli->options, OPTION_LOCK_TIMEOUT))
                dmig_set_lock_timeout(cli->ctx, cli->options.lock_timeout_usec);

        r = session_set_directories(cli);
        if (r < 0)
                return cli_failed(cli, NULL, r);
        signals_watch(cli->ctx);
        return EXIT_DONE;
}

int session_reopen(struct cli *cli)
{
        assert(cli);

        signals_watch(NULL);
        cli->ctx = dmig_unref(cli->ctx);
        return session_open(cli);
}
