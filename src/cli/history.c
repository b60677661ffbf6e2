/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history-text.h"
#include "packages.h"
#include "report-json.h"
#include "verbs.h"

#include <syslog.h>

/* What there is to tell of the packages so far. */
struct history_view {
        bool named;
        bool headed; /* several packages: each under its name */
        size_t n_shown;
};

static int show_failure(struct cli *cli, const char *package, int r)
{
        const char *message = dmig_error_message(cli->ctx);

        if (!cli->packages)
                return cli_failed(cli, package, r);
        cli_say(cli, LOG_ERR, package, NULL, message);
        json_object_array_add(cli->packages, report_json_history(package, NULL, message));
        return exit_of_errno(r);
}

static void show_text(struct cli *cli, struct history_view *view, const char *package,
                      const struct dmig_history *history)
{
        const struct terminal *out = &cli->out;

        if (view->headed) {
                fputs(view->n_shown > 0 ? "\n" : "", out->stream);
                terminal_put(out, STYLE_BOLD, package);
                fputs(":\n", out->stream);
        }
        history_text(out, history);
        view->n_shown++;
}

static int history_package(struct cli *cli, const char *package, void *userdata)
{
        struct history_view *view = userdata;
        _cleanup_(dmig_history_freep) struct dmig_history *history = NULL;
        int r = dmig_history_load(cli->ctx, package, &history);

        if (r < 0 && r != -ENOENT)
                return show_failure(cli, package, r);
        if (cli->packages)
                json_object_array_add(cli->packages, report_json_history(package, history, NULL));
        else if (history)
                show_text(cli, view, package, history);
        else if (view->named)
                cli_say(cli, LOG_NOTICE, package, NULL, "has no history");
        return EXIT_DONE;
}

int verb_history(struct cli *cli, char **args)
{
        struct history_view view = { .named = *args, .headed = !*args || args[1] };

        return packages_each(cli, args, history_package, &view);
}
