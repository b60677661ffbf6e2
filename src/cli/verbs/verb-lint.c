/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/report-json.h"
#include "cli/verbs/verbs.h"

#include <syslog.h>

static const char *name_of_priority(int priority)
{
        return priority <= LOG_ERR ? "error" : priority == LOG_WARNING ? "warning" : "notice";
}

static enum style style_of_priority(int priority)
{
        return priority <= LOG_ERR ? STYLE_BAD : priority == LOG_WARNING ? STYLE_WARNING : STYLE_DIM;
}

static void on_finding(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata)
{
        struct cli *cli = userdata;
        const struct terminal *out = &cli->out;
        const char *severity = name_of_priority(priority);

        (void)ctx;
        if (cli->packages) {
                json_object_array_add(cli->packages, report_json_finding(severity, path, text));
                return;
        }
        if (priority > LOG_WARNING && cli->options.verbosity < 0)
                return;
        terminal_put(out, STYLE_PLAIN, path);
        fputs(": ", out->stream);
        terminal_put(out, style_of_priority(priority), severity);
        fputs(": ", out->stream);
        terminal_put(out, STYLE_PLAIN, text);
        fputc('\n', out->stream);
}

int verb_lint(struct cli *cli, char **args)
{
        int r;

        cli->list = "findings";
        r = dmig_lint(cli->ctx, args[0], cli->options.package_version, 0, on_finding, cli);
        if (r < 0)
                return cli_failed(cli, NULL, r);
        return r > 0 ? EXIT_MIGRATION : EXIT_DONE;
}
