/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/feedback.h"

#include "cli/cli.h"
#include "cli/report/notify.h"

#include <inttypes.h>
#include <syslog.h>

/* Shorter steps pass without a word. */
#define PROGRESS_AFTER_MS 1000

static bool is_shown(const struct cli *cli, int priority)
{
        static const int least[] = { LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

        if (cli->journal.enabled) /* which can be asked for less */
                return priority <= LOG_INFO;
        return priority <= least[cli->options.verbosity + 1];
}

void feedback_on_log(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                     void *userdata)
{
        struct cli *cli = userdata;

        (void)ctx;
        if (id && cli->options.verbosity <= 0 && !cli->journal.enabled)
                tail_add(&cli->tail, text);
        else if (is_shown(cli, priority))
                cli_say(cli, priority, package, id, text);
}

static int64_t event_int(const struct dmig_event *event, const char *field)
{
        int64_t value;

        return dmig_event_get_int(event, field, &value) < 0 ? 0 : value;
}

static const char *event_string(const struct dmig_event *event, const char *field)
{
        const char *value = dmig_event_get_string(event, field);

        return value ? value : "?";
}

static void on_upgrade(struct cli *cli, const struct dmig_event *event)
{
        _cleanup_free_ char *text = NULL;

        if (cli->options.verbosity > 0 &&
            asprintf(&text, "upgrade from %s (%s) to %s, %" PRId64 " pending", event_string(event, "from"),
                     event_string(event, "from_source"), event_string(event, "to"), event_int(event, "pending")) >= 0)
                cli_say(cli, LOG_INFO, dmig_event_get_package(event), NULL, text);
}

static void on_phase(struct cli *cli, const struct dmig_event *event)
{
        _cleanup_free_ char *text = NULL;

        if (cli->options.verbosity > 0 &&
            asprintf(&text, "%s: %s", event_string(event, "id"), event_string(event, "phase")) >= 0)
                cli_say(cli, LOG_INFO, dmig_event_get_package(event), NULL, text);
}

/* Which is no phase that could take long, but the point of no return. */
static void on_change(struct cli *cli, const struct dmig_event *event)
{
        _cleanup_free_ char *text = NULL;

        if (cli->options.verbosity > 0 &&
            asprintf(&text, "%s: %s", event_string(event, "id"), dmig_event_get_name(event)) >= 0)
                cli_say(cli, LOG_INFO, dmig_event_get_package(event), NULL, text);
}

static void on_progress(struct cli *cli, const struct dmig_event *event)
{
        struct progress_step step = {
                .package = dmig_event_get_package(event),
                .id = event_string(event, "id"),
                .phase = event_string(event, "phase"),
                .elapsed_ms = event_int(event, "elapsed_ms"),
                .timeout_sec = event_int(event, "timeout_sec"),
        };

        if (cli->err.cursor && cli->options.verbosity >= 0 && step.elapsed_ms >= PROGRESS_AFTER_MS)
                progress_show(&cli->progress, &step);
}

static void forget_output(struct cli *cli, const struct dmig_event *event)
{
        (void)event;
        tail_clear(&cli->tail);
}

static void on_failed(struct cli *cli, const struct dmig_event *event)
{
        const char *line;

        for (size_t i = 0; (line = tail_get(&cli->tail, i)); i++)
                cli_say(cli, LOG_INFO, dmig_event_get_package(event), event_string(event, "id"), line);
        tail_clear(&cli->tail);
}

void feedback_on_event(struct dmig *ctx, const struct dmig_event *event, void *userdata)
{
        static const struct {
                const char *name;
                void (*fn)(struct cli *cli, const struct dmig_event *event);
        } handlers[] = {
                { "upgrade", on_upgrade },      { "phase", on_phase },        { "progress", on_progress },
                { "started", forget_output },   { "applied", forget_output }, { "satisfied", forget_output },
                { "postponed", forget_output }, { "failed", on_failed },      { "committing", on_change },
                { "undone", on_change },
        };
        struct cli *cli = userdata;
        const char *name = dmig_event_get_name(event);

        (void)ctx;
        notify_event(event);
        if (cli->journal.enabled) {
                journal_event(&cli->journal, event);
                return;
        }
        if (!streq(name, "progress"))
                progress_clear(&cli->progress);
        for (size_t i = 0; i < ELEMENTSOF(handlers); i++)
                if (streq(handlers[i].name, name))
                        handlers[i].fn(cli, event);
}
