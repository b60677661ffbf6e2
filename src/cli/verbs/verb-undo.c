/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* undo PACKAGE: restores the files of its last upgrade, or with --dry-run lists them. */

#include "cli/json-build.h"
#include "cli/report/files-text.h"
#include "cli/report/report-json.h"
#include "cli/report/report-text.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>
#include <syslog.h>

#define INDENT    4
#define SINCE_MAX 10 /* files; --json has all */

static const char *since_describe(const struct dmig_file *file)
{
        const char *kind = dmig_file_get_kind(file);

        return streq(kind, "create") ? "made" : streq(kind, "remove") ? "removed" : "changed";
}

/* One file is in the message that comes before this already. */
static void undo_show_since(struct cli *cli, const struct dmig_report *report, int priority)
{
        const struct dmig_files *files = dmig_report_get_since(report);
        const char *package = dmig_report_get_package(report);
        size_t n = dmig_files_count(files);

        for (size_t i = 0; n > 1 && i < n && i <= SINCE_MAX; i++) {
                const struct dmig_file *file = dmig_files_get(files, i);
                _cleanup_free_ char *line = NULL;
                int r;

                if (i < SINCE_MAX)
                        r = asprintf(&line, "%s since: %s", since_describe(file), dmig_file_get_path(file));
                else
                        r = asprintf(&line, "and %zu more files since, which --json lists", n - i);
                if (r < 0)
                        line = NULL;
                else
                        cli_say(cli, priority, package, line);
        }
}

static void undo_put_package(const struct terminal *out, const struct dmig_report *report)
{
        terminal_put(out, STYLE_BOLD, dmig_report_get_package(report));
        fputs(": ", out->stream);
}

static void undo_show_steps(const struct terminal *out, const struct dmig_report *report)
{
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);
                const struct dmig_files *files = dmig_step_get_files(step);

                fputs("  ", out->stream);
                terminal_put(out, STYLE_PLAIN, dmig_step_get_id(step));
                fputc('\n', out->stream);
                if (files)
                        files_text_print(out, files, INDENT);
        }
}

/* An undo has no lasting effect while the newer version is installed: the next run migrates again. */
static void undo_show_advice(struct cli *cli, const struct dmig_report *report)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *status = NULL;
        const char *at = dmig_report_get_to(report), *installed;
        const struct terminal *out = &cli->out;
        int order;

        if (!at || dmig_status(cli->ctx, dmig_report_get_package(report), 0, &status) < 0)
                return;
        installed = dmig_report_get_to(status);
        if (!installed || dmig_deb_version_cmp(installed, at, &order) < 0 || order <= 0)
                return;
        fputs("  ", out->stream);
        terminal_put(out, STYLE_WARNING, "while ");
        terminal_put(out, STYLE_WARNING, installed);
        terminal_put(out, STYLE_WARNING, " is installed, the next run migrates it again;");
        fputs("\n  ", out->stream);
        terminal_put(out, STYLE_WARNING, "to prevent that, install the older version of the package");
        fputc('\n', out->stream);
}

static void undo_show_overwritten(const struct terminal *out, const struct dmig_report *report)
{
        const char *path = dmig_report_get_overwritten(report);

        if (!path)
                return;
        fputs("  what was overwritten is kept in\n    ", out->stream);
        terminal_put(out, STYLE_WARNING, path);
        fputs("\n  until 'deploy-migrate forget ", out->stream);
        terminal_put(out, STYLE_PLAIN, dmig_report_get_package(report));
        fputs("'\n", out->stream);
}

static void undo_show_end(struct cli *cli, const struct dmig_report *report, bool dry)
{
        const char *at = dmig_report_get_to(report);
        const struct terminal *out = &cli->out;

        if (at) {
                fputs(dry ? "  the data would be at " : "  the data is at ", out->stream);
                terminal_put(out, STYLE_PLAIN, at);
                fputs(" again\n", out->stream);
        }
        undo_show_advice(cli, report);
}

static void undo_show_text(struct cli *cli, const struct dmig_report *report, bool dry)
{
        enum dmig_result result = dmig_report_get_result(report);
        const struct terminal *out = &cli->out;

        if (dmig_report_get_error(report) && result != DMIG_RESULT_NOTHING_TO_DO) {
                cli_say(cli, LOG_ERR, dmig_report_get_package(report), dmig_report_get_error(report));
                undo_show_since(cli, report, LOG_ERR);
                return;
        }
        undo_show_since(cli, report, LOG_WARNING);
        if (cli->options.verbosity < 0 && !dry)
                return;
        undo_put_package(out, report);
        if (result == DMIG_RESULT_NOTHING_TO_DO) {
                fputs("nothing to undo\n", out->stream);
                return;
        }
        fputs(dry ? "would be undone, newest first\n" : "undone, newest first\n", out->stream);
        undo_show_steps(out, report);
        undo_show_overwritten(out, report);
        undo_show_end(cli, report, dry);
}

int verb_undo(struct cli *cli, char **args)
{
        bool dry = options_has(&cli->options, OPTION_DRY_RUN);
        unsigned flags = (dry ? DMIG_DRY_RUN : 0U) | (options_has(&cli->options, OPTION_FORCE) ? DMIG_FORCE : 0U);
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r;

        r = dmig_undo(cli->ctx, args[0], flags, &report);
        if (r < 0)
                return cli_failed(cli, args[0], r);
        if (cli->packages)
                json_build_append(cli->packages, report_json(report));
        else
                undo_show_text(cli, report, dry);
        return exit_status_of_report(report, dry);
}
