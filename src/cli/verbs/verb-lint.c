/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lint DIR: checks the migrations of a package before it is shipped, and prints a line for each finding. */

#include "cli/author/shipped.h"
#include "cli/json-build.h"
#include "cli/report/report-json.h"
#include "cli/verbs/verbs.h"

#include <syslog.h>

static const char *finding_severity(int priority)
{
        return priority <= LOG_ERR ? "error" : priority == LOG_WARNING ? "warning" : "notice";
}

static enum style finding_style(int priority)
{
        return priority <= LOG_ERR ? STYLE_BAD : priority == LOG_WARNING ? STYLE_WARNING : STYLE_DIM;
}

/* What a GitHub workflow shows beside the line of the file. */
static void finding_print_command(const struct terminal *out, const char *severity, const char *path, const char *text)
{
        const char *colon = strrchr(path, ':');
        bool has_line = colon && colon[1] && colon[1 + strspn(colon + 1, "0123456789")] == '\0';

        fprintf(out->stream, "::%s file=", severity);
        if (has_line)
                fprintf(out->stream, "%.*s,line=%s", (int)(colon - path), path, colon + 1);
        else
                fputs(path, out->stream);
        fprintf(out->stream, "::%s\n", text);
}

/* A dmig_lint_fn, hence its number of parameters. */
static void finding_print(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata)
{
        struct cli *cli = userdata;
        const struct terminal *out = &cli->out;
        const char *severity = finding_severity(priority);

        (void)ctx;
        if (cli->packages) {
                json_build_append(cli->packages, report_json_finding(severity, path, text));
                return;
        }
        if (priority > LOG_WARNING && cli->options.verbosity < 0)
                return;
        if (cli->options.github) {
                finding_print_command(out, severity, path, text);
                return;
        }
        terminal_put(out, STYLE_PLAIN, path);
        fputs(": ", out->stream);
        terminal_put(out, finding_style(priority), severity);
        fputs(": ", out->stream);
        terminal_put(out, STYLE_PLAIN, text);
        fputc('\n', out->stream);
}

static void finding_print_shipped(const char *path, const char *text, void *userdata)
{
        struct cli *cli = userdata;

        finding_print(cli->ctx, LOG_WARNING, path, text, cli);
}

int verb_lint(struct cli *cli, char **args)
{
        const struct shipped_request shipped = { args[0], cli->options.since, finding_print_shipped, cli };
        _cleanup_error_ struct error error = { 0 };
        int r;

        cli->list = "findings";
        r = dmig_lint(cli->ctx, args[0], cli->options.package_version, 0, finding_print, cli);
        if (r < 0)
                return cli_failed(cli, NULL, r);
        if (cli->options.since && shipped_check(&shipped, &error) < 0)
                return cli_fail(cli, EXIT_USAGE, error_text(&error));
        return r > 0 ? EXIT_MIGRATION : EXIT_DONE;
}
