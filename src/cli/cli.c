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

/* Returns: the value, NULL where it is empty: dpkg sets an empty DPKG_ROOT for maintainer scripts. */
static const char *environment(const char *name)
{
        const char *value = getenv(name);

        return value && *value ? value : NULL;
}

/*
 * As dpkg-query does: the environment stands in for options that are not given, and --root sets both directories. Our own
 * variable lets a tree run that isn't installed.
 */
static int set_directories(struct cli *cli)
{
        const char *libexecdir = environment("DEPLOY_MIGRATE_LIBEXECDIR");
        const char *root = cli->options.root ? cli->options.root : environment("DPKG_ROOT");
        const char *admindir = cli->options.root ? NULL : environment("DPKG_ADMINDIR");
        int r = 0;

        if (root)
                r = dmig_set_root(cli->ctx, root);
        if (r >= 0 && admindir)
                r = dmig_set_admindir(cli->ctx, admindir);
        if (r >= 0 && libexecdir)
                r = dmig_set_libexecdir(cli->ctx, libexecdir);
        return r;
}

int cli_open(struct cli *cli)
{
        int r;

        r = dmig_new(&cli->ctx);
        if (r < 0)
                return cli_failed(cli, NULL, r);
        dmig_set_log_fn(cli->ctx, feedback_on_log, cli);
        dmig_set_event_fn(cli->ctx, feedback_on_event, cli);
        if (options_has(&cli->options, OPTION_LOCK_TIMEOUT))
                dmig_set_lock_timeout(cli->ctx, cli->options.lock_timeout_usec);

        r = set_directories(cli);
        if (r < 0)
                return cli_failed(cli, NULL, r);
        signals_watch(cli->ctx);
        return EXIT_DONE;
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
        return exit_worse(status, check_output(cli));
}

static enum style style_of_priority(int priority)
{
        return priority <= LOG_ERR ? STYLE_BAD : priority == LOG_WARNING ? STYLE_WARNING : STYLE_PLAIN;
}

/* "sample is not installed" needs no name before it. */
static bool begins_with_name(const char *text, const char *package)
{
        const char *rest = startswith(text, package);

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
        return exit_of_errno(r);
}
