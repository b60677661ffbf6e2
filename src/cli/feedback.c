/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/feedback.h"

#include "cli/cli.h"
#include "cli/journal/notify.h"
#include "cli/report/event-field.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

/* Only a phase that takes longer than this shows its progress. */
#define PROGRESS_AFTER_MS 1000
#define PROGRESS_EVERY_MS 10000

static bool feedback_is_shown(const struct cli *cli, int priority)
{
        static const int least[] = { LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

        if (cli->journal.enabled) /* journalctl can select by priority */
                return priority <= LOG_INFO;
        return priority <= least[cli->options.verbosity + 1];
}

void feedback_on_log(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                     void *userdata)
{
        const struct log_line line = { .priority = priority, .package = package, .id = id, .text = text };
        struct cli *cli = userdata;

        assert(cli);
        assert(text);

        (void)ctx;
        if (id && cli->options.verbosity <= 0 && !cli->journal.enabled)
                tail_add(&cli->tail, text);
        else if (feedback_is_shown(cli, priority))
                cli_log(cli, &line);
}

/* With -v: one line about the package. */
static void feedback_say(struct cli *cli, const struct dmig_event *event, const char *format, ...) _printf_(3, 4);
static void feedback_say(struct cli *cli, const struct dmig_event *event, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list args;
        int n;

        if (cli->options.verbosity <= 0)
                return;
        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0)
                text = NULL;
        if (text)
                cli_say(cli, LOG_INFO, dmig_event_get_package(event), text);
}

static void feedback_on_upgrade(struct cli *cli, const struct dmig_event *event)
{
        feedback_say(cli, event, "upgrade from %s (%s) to %s, %" PRId64 " pending", event_field_text(event, "from"),
                     event_field_text(event, "from_source"), event_field_text(event, "to"),
                     event_field_int(event, "pending"));
}

static void feedback_on_phase(struct cli *cli, const struct dmig_event *event)
{
        cli->progress.next_ms = PROGRESS_AFTER_MS;
        feedback_say(cli, event, "%s: %s", event_field_text(event, "id"), event_field_text(event, "phase"));
}

static void feedback_on_turn(struct cli *cli, const struct dmig_event *event)
{
        feedback_say(cli, event, "%s: its turn has come (%s)", event_field_text(event, "id"),
                     event_field_text(event, "token"));
}

/* A commit and an undo have no phase: their event is all there is to show. */
static void feedback_on_change(struct cli *cli, const struct dmig_event *event)
{
        feedback_say(cli, event, "%s: %s", event_field_text(event, "id"), dmig_event_get_name(event));
}

/* Where a line can't be overwritten, one is written now and then, and only if the migration tells how far it is. */
static void feedback_write_progress(struct cli *cli, const struct progress_step *step)
{
        _cleanup_free_ char *line = NULL;

        if (!step->advance || step->elapsed_ms < cli->progress.next_ms)
                return;
        cli->progress.next_ms = step->elapsed_ms + (cli->options.verbosity > 0 ? 0 : PROGRESS_EVERY_MS);
        if (asprintf(&line, "%s: %s", step->id, step->advance) < 0)
                line = NULL;
        if (line)
                cli_say(cli, LOG_NOTICE, step->package, line);
}

static void feedback_on_progress(struct cli *cli, const struct dmig_event *event)
{
        _cleanup_free_ char *advance = event_format_progress(event);
        const struct progress_step step = {
                .package = dmig_event_get_package(event),
                .id = event_field_text(event, "id"),
                .phase = event_phase_text(event),
                .elapsed_ms = event_field_int(event, "elapsed_ms"),
                .timeout_sec = event_field_int(event, "timeout_sec"),
                .advance = advance,
        };

        if (cli->options.verbosity < 0)
                return;
        if (!cli->err.cursor)
                feedback_write_progress(cli, &step);
        else if (step.elapsed_ms >= PROGRESS_AFTER_MS)
                progress_show(&cli->progress, &step);
}

/* The output of a migration is shown only if it fails. */
static void feedback_drop_output(struct cli *cli, const struct dmig_event *event)
{
        (void)event;
        tail_clear(&cli->tail);
}

static void feedback_on_failed(struct cli *cli, const struct dmig_event *event)
{
        const char *line;

        for (size_t i = 0; (line = tail_get(&cli->tail, i)); i++)
                cli_log(cli, &(const struct log_line){
                                     .priority = LOG_INFO,
                                     .package = dmig_event_get_package(event),
                                     .id = event_field_text(event, "id"),
                                     .text = line,
                             });
        tail_clear(&cli->tail);
}

void feedback_on_event(struct dmig *ctx, const struct dmig_event *event, void *userdata)
{
        static const struct {
                const char *name;
                void (*fn)(struct cli *cli, const struct dmig_event *event);
        } handlers[] = {
                { "upgrade", feedback_on_upgrade },    { "phase", feedback_on_phase },
                { "progress", feedback_on_progress },  { "started", feedback_drop_output },
                { "applied", feedback_drop_output },   { "satisfied", feedback_drop_output },
                { "postponed", feedback_drop_output }, { "failed", feedback_on_failed },
                { "committing", feedback_on_change },  { "undone", feedback_on_change },
                { "turn-granted", feedback_on_turn },
        };
        struct cli *cli = userdata;
        const char *name = dmig_event_get_name(event);

        assert(cli);

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
