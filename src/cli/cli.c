/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/cli.h"

#include "cli/feedback.h"
#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/report/report-json.h"
#include "cli/signals.h"
#include "cli/terminal/wrap.h"

#include <poll.h>
#include <stdarg.h>
#include <syslog.h>

void cli_init(struct cli *cli)
{
        const uint64_t formats = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION);

        assert(cli);

        journal_init(&cli->journal, options_has(&cli->options, OPTION_UNIT));
        terminal_init(&cli->out, stdout, cli->options.color);
        terminal_init(&cli->err, stderr, cli->options.color);
        cli->progress.terminal = &cli->err;
        /* --help and --version win over --json. */
        if ((cli->options.given & formats) == OPTION_BIT(OPTION_JSON))
                cli->packages = json_build_array();
        cli->list = "packages";
}

void cli_done(struct cli *cli)
{
        assert(cli);

        signals_watch(NULL);
        dmig_unref(cli->ctx);
        tail_clear(&cli->tail);
        journal_done(&cli->journal);
        json_object_put(cli->packages);
        free(cli->error);
        options_done(&cli->options);
}

void cli_flush(struct cli *cli)
{
        assert(cli);

        errno = 0;
        if (fflush(stdout) < 0 && cli->output_error == 0)
                cli->output_error = errno;
}

/* Whether standard output is a pipe that its reader has closed. */
static bool cli_output_is_closed(void)
{
        struct pollfd out = { .fd = STDOUT_FILENO };

        return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* A reader that closed the pipe needs no message, but the status is the same. */
static int cli_check_output(struct cli *cli)
{
        _cleanup_free_ char *text = NULL;

        cli_flush(cli);
        if (!ferror(stdout))
                return EXIT_DONE;
        if (!cli_output_is_closed() &&
            asprintf(&text, "can't write to standard output%s%s", cli->output_error ? ": " : "",
                     cli->output_error ? strerror(cli->output_error) : "") >= 0)
                cli_say(cli, LOG_ERR, NULL, text);
        return EXIT_UNUSABLE;
}

int cli_finish(struct cli *cli, int status)
{
        assert(cli);

        if (cli->packages)
                report_json_print(stdout, cli->list, cli->packages, cli->error);
        return exit_status_worse(status, cli_check_output(cli));
}

static enum style log_line_style(const struct log_line *line)
{
        return line->priority <= LOG_ERR ? STYLE_BAD : line->priority == LOG_WARNING ? STYLE_WARNING : STYLE_PLAIN;
}

/* "sample is not installed" needs no name before it. */
static bool log_line_begins_with_package(const struct log_line *line)
{
        const char *rest = str_startswith(line->text, line->package);

        return rest && *rest == ' ';
}

/* The output of a migration, as it is. */
static void log_line_put_output(const struct terminal *err, const struct log_line *line)
{
        terminal_put(err, STYLE_PLAIN, line->package);
        terminal_put(err, STYLE_PLAIN, " ");
        terminal_put(err, STYLE_PLAIN, line->id);
        terminal_put(err, STYLE_PLAIN, " | ");
        terminal_put(err, log_line_style(line), line->text);
}

/* A message is wrapped on a terminal; for programs it is one line. */
static void log_line_put_message(const struct terminal *err, const struct log_line *line)
{
        struct terminal unlimited = *err;
        struct wrap wrap = { .terminal = err->tty ? err : &unlimited, .indent = 2 };

        unlimited.width = SIZE_MAX;
        if (!line->package || !log_line_begins_with_package(line)) {
                wrap_put(&wrap, STYLE_PLAIN, line->package ? line->package : "deploy-migrate");
                wrap_put(&wrap, STYLE_PLAIN, ": ");
        }
        wrap_put(&wrap, log_line_style(line), line->text);
}

void cli_log(struct cli *cli, const struct log_line *line)
{
        assert(cli);
        assert(line);
        assert(line->text);
        assert(!line->id || line->package);

        if (cli->journal.enabled) {
                journal_line(&cli->journal, line);
                return;
        }
        progress_clear(&cli->progress);
        cli_flush(cli);
        (line->id ? log_line_put_output : log_line_put_message)(&cli->err, line);
        fputc('\n', cli->err.stream);
}

void cli_say(struct cli *cli, int priority, const char *package, const char *text)
{
        cli_log(cli, &(const struct log_line){ .priority = priority, .package = package, .text = text });
}

/* --json has room for one error that isn't about a package: the first. */
static void cli_record_error(struct cli *cli, const char *message)
{
        if (cli->packages && !cli->error)
                cli->error = strdup(message);
}

int cli_fail(struct cli *cli, int status, const char *message)
{
        assert(cli);
        assert(message);

        cli_say(cli, LOG_ERR, NULL, message);
        cli_record_error(cli, message);
        return status;
}

int cli_usage(struct cli *cli, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list args;

        assert(cli);
        assert(format);

        va_start(args, format);
        if (vasprintf(&message, format, args) < 0)
                need_memory(message = NULL);
        va_end(args);

        return cli_fail(cli, EXIT_USAGE, message);
}

const char *cli_error_message(const struct cli *cli, int r)
{
        assert(cli);
        assert(r < 0);

        return cli->ctx ? dmig_error_message(cli->ctx) : strerror(-r);
}

int cli_failed(struct cli *cli, const char *package, int r)
{
        const char *message;

        assert(cli);
        assert(r < 0);

        message = cli_error_message(cli, r);
        cli_say(cli, LOG_ERR, package, message);
        if (package && cli->packages)
                json_build_append(cli->packages, report_json_failure(package, message));
        else
                cli_record_error(cli, message);
        return exit_status_of_errno(r);
}
