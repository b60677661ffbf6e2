/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/cli.h"

#include "cli/feedback.h"
#include "cli/report/report-json.h"
#include "cli/signals.h"

#include <poll.h>
#include <stdarg.h>
#include <syslog.h>

void cli_init(struct cli *cli)
{
        const unsigned told = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION);

        journal_init(&cli->journal, options_has(&cli->options, OPTION_UNIT));
        terminal_init(&cli->out, stdout, cli->options.color);
        terminal_init(&cli->err, stderr, cli->options.color);
        cli->progress.terminal = &cli->err;
        if ((cli->options.given & told) == OPTION_BIT(OPTION_JSON))
                cli->packages = json_object_new_array();
        cli->list = "packages";
}

void cli_done(struct cli *cli)
{
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
        errno = 0;
        if (fflush(stdout) < 0 && cli->output_error == 0)
                cli->output_error = errno;
}

/* A pipe without a reader. */
static bool reader_is_gone(void)
{
        struct pollfd out = { .fd = STDOUT_FILENO };

        return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* A closed pipe is no news to the one who closed it; the status says it all the same. */
static int check_output(struct cli *cli)
{
        _cleanup_free_ char *text = NULL;

        cli_flush(cli);
        if (!ferror(stdout))
                return EXIT_DONE;
        if (!reader_is_gone() && asprintf(&text, "can't write standard output: %s",
                                          strerror(cli->output_error ? cli->output_error : EIO)) >= 0)
                cli_say(cli, LOG_ERR, NULL, NULL, text);
        return EXIT_UNUSABLE;
}

int cli_finish(struct cli *cli, int status)
{
        if (cli->packages)
                report_json_print(stdout, cli->list, cli->packages, cli->error);
        return exit_status_worse(status, check_output(cli));
}

static enum style style_of_priority(int priority)
{
        return priority <= LOG_ERR ? STYLE_BAD : priority == LOG_WARNING ? STYLE_WARNING : STYLE_PLAIN;
}

/* "sample is not installed" needs no name before it. */
static bool begins_with_name(const char *text, const char *package)
{
        const char *rest = str_startswith(text, package);

        return rest && *rest == ' ';
}

void cli_say(struct cli *cli, int priority, const char *package, const char *id, const char *text)
{
        const struct terminal *err = &cli->err;

        if (cli->journal.enabled) {
                journal_line(&cli->journal, priority, package, id, text);
                return;
        }
        progress_clear(&cli->progress);
        cli_flush(cli);
        if (id) {
                terminal_put(err, STYLE_PLAIN, package);
                terminal_put(err, STYLE_PLAIN, " ");
                terminal_put(err, STYLE_PLAIN, id);
                terminal_put(err, STYLE_PLAIN, " | ");
        } else if (!package || !begins_with_name(text, package)) {
                terminal_put(err, STYLE_PLAIN, package ? package : "deploy-migrate");
                terminal_put(err, STYLE_PLAIN, ": ");
        }
        terminal_put(err, style_of_priority(priority), text);
        fputc('\n', err->stream);
}

static void keep_error(struct cli *cli, const char *message)
{
        if (cli->packages && !cli->error)
                cli->error = strdup(message);
}

int cli_usage(struct cli *cli, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list args;

        va_start(args, format);
        if (vasprintf(&message, format, args) < 0)
                message = NULL;
        va_end(args);

        cli_say(cli, LOG_ERR, NULL, NULL, message ? message : format);
        keep_error(cli, message ? message : format);
        return EXIT_USAGE;
}

int cli_failed(struct cli *cli, const char *package, int r)
{
        const char *message = cli->ctx ? dmig_error_message(cli->ctx) : strerror(-r);

        cli_say(cli, LOG_ERR, package, NULL, message);
        if (package && cli->packages)
                json_object_array_add(cli->packages, report_json_failure(package, message));
        else
                keep_error(cli, message);
        return exit_status_of_errno(r);
}
