/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* journal_event(): from an event to a message. In: the event. Out: its fields, and a text for people. */

#include "cli/journal/journal-message.h"

#include "basic/memstream.h"
#include "cli/report/event-field.h"
#include "cli/terminal/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

/* When a phase that takes long is told of for the first time, and how often later. */
#define PROGRESS_AFTER_MS 10000
#define PROGRESS_EVERY_MS 300000

/* In a text {name} is a field of the event, {package} its package, and {in duration} " in 12 ms", or empty if not known. */
static const struct journal_kind {
        const char *event;
        const char *message_id;
        int priority;
        const char *text;
} kinds[] = {
        { "upgrade", "b109a66339a84016bbf9bd15942f1c67", LOG_INFO,
          "migrating from {from} to {to}, {pending} pending{while units wait}" },
        { "turn-waiting", "f338007b399c445388280cfadf6d2087", LOG_INFO, "{id} waits for its turn" },
        { "turn-granted", "399420ba43dc40878199e3380e1996f0", LOG_INFO, "{id} has its turn ({token})" },
        { "progress", "e069cdbcd07a41ba9f735528c7751e57", LOG_INFO, "{running}" },
        { "applied", "75d5770b3f0947ae8bd6b08a0dcbb9c2", LOG_INFO, "{id} applied{in duration}" },
        { "satisfied", "81c1512b29204b1a9df31559ee67933d", LOG_INFO,
          "{id} is not needed: its effect is already there" },
        { "failed", "661a58e1001d47b58daca7d4bfc7aed0", LOG_ERR, "{id} failed: {reason}" },
        { "gave-up", "90a5024f8c8e4767a63b47b3f0ac1c15", LOG_ERR,
          "{id} was given up after repeated failures; fix the cause, then run 'deploy-migrate retry {package}'" },
        { "interrupted", "1d29286d972c4f91aa6a07a7225daa1c", LOG_WARNING,
          "{id} was interrupted; the next run starts it again" },
        { "postponed", "062e6353aa7d4fa3acf6352b80fad1d7", LOG_NOTICE,
          "{id} is postponed: {reason}; the next run tries it again" },
        { "baseline", "eccdd6f8b97d4ef592e6f8549cc20bea", LOG_INFO,
          "the data is recorded as being at {version} (source: {source})" },
        { "marked", "0b17fba24175479c8957c8335e6e6b60", LOG_NOTICE, "{id} was marked as {as}: {reason}" },
        { "consent", "387cef1e2dc347169e88886c45bd5192", LOG_NOTICE, "consent to {id} was given: {text}" },
        { "retry", "0159b48469a74d5488dd789700c01bed", LOG_NOTICE,
          "failures cleared; migrations that were given up run again" },
        { "completed", "43e1c3f449b04b4c9fb6cba2ecee00c2", LOG_INFO, "completed; the data is at {to}" },
        { "undone", "8eafc9740de84d7f932da8b3e015a938", LOG_NOTICE,
          "{id} was undone; its files are as they were before it" },
        { "purged", "e4b7bf6279c349a1877f36136d2c2a18", LOG_INFO, "purged; its history is closed" },
};

static const struct journal_kind *journal_find_kind(const char *event)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].event, event))
                        return &kinds[i];
        return NULL;
}

static void event_print_duration(FILE *stream, const struct dmig_event *event)
{
        char duration[DURATION_MAX];
        int64_t ms;

        if (dmig_event_get_int(event, "duration_ms", &ms) < 0)
                return;
        format_duration(ms, duration);
        fprintf(stream, " in %s", duration);
}

static void event_print_units(FILE *stream, const struct dmig_event *event)
{
        const char *units = dmig_event_get_string(event, "units");

        if (!units || event_field_int(event, "pending") == 0)
                return;
        fprintf(stream, ", for which %s wait%s; 'deploy-migrate status %s' tells how far it is", units,
                strchr(units, ' ') ? "" : "s", dmig_event_get_package(event));
}

static void event_print_running(FILE *stream, const struct dmig_event *event)
{
        _cleanup_free_ char *running = event_format_running(event);

        fputs(running ? running : event_field_text(event, "id"), stream);
}

static void event_print_field(FILE *stream, const struct dmig_event *event, const char *field)
{
        int64_t value;

        if (streq(field, "package"))
                fputs(dmig_event_get_package(event), stream);
        else if (streq(field, "in duration"))
                event_print_duration(stream, event);
        else if (streq(field, "while units wait"))
                event_print_units(stream, event);
        else if (streq(field, "running"))
                event_print_running(stream, event);
        else if (dmig_event_get_int(event, field, &value) >= 0)
                fprintf(stream, "%" PRId64, value);
        else
                fputs(event_field_text(event, field), stream);
}

/* Returns: @text with its fields filled in, to be freed, or NULL if memory ran out. */
static char *event_expand(const struct dmig_event *event, const char *text)
{
        _cleanup_free_ char *copy = strdup(text);
        char *expanded = NULL, *rest = copy, *part;
        size_t size;
        FILE *stream = open_memstream(&expanded, &size);

        if (!stream)
                return NULL;
        /* Every other part is a field. */
        for (bool field = false; (part = strsep(&rest, "{}")); field = !field)
                if (field)
                        event_print_field(stream, event, part);
                else
                        fputs(part, stream);
        return memstream_close(stream, &expanded) < 0 ? NULL : expanded;
}

static void message_add_event(struct message *message, const struct dmig_event *event, const char *text)
{
        _cleanup_free_ char *expanded = event_expand(event, text);
        int64_t ms;

        message_add_text(message, "DEPLOY_MIGRATE_ID", dmig_event_get_string(event, "id"));
        message_add_text(message, "DEPLOY_MIGRATE_PHASE", dmig_event_get_string(event, "phase"));
        message_add_text(message, "DEPLOY_MIGRATE_TURN", dmig_event_get_string(event, "turn"));
        message_add_text(message, "DEPLOY_MIGRATE_RUN", dmig_event_get_string(event, "run"));
        message_add_text(message, "DEPLOY_MIGRATE_RESULT", dmig_event_get_name(event));
        if (dmig_event_get_int(event, "duration_ms", &ms) >= 0)
                message_add(message, "DEPLOY_MIGRATE_DURATION_USEC=%" PRId64, ms * 1000);
        message_add(message, "MESSAGE=%s: %s", dmig_event_get_package(event), expanded ? expanded : text);
}

static void journal_replace_text(char **text, const char *value)
{
        free(*text);
        *text = value ? strdup(value) : NULL;
}

static void journal_set_upgrade(struct journal *journal, const struct dmig_event *event)
{
        journal_replace_text(&journal->from, dmig_event_get_string(event, "from"));
        journal_replace_text(&journal->to, dmig_event_get_string(event, "to"));
        journal_replace_text(&journal->units, dmig_event_get_string(event, "units"));
}

/* The services that wait tell since when, how far it is, and that it is over; their log isn't about each migration. */
static bool event_concerns_units(const char *name)
{
        return streq(name, "upgrade") || streq(name, "turn-waiting") || streq(name, "progress") ||
               streq(name, "completed");
}

static void journal_send_event(const struct journal *journal, const struct dmig_event *event,
                               const struct journal_kind *kind)
{
        struct message message = { 0 };

        message_begin(journal, &message, kind->priority, kind->message_id);
        message_add_text(&message, "DEPLOY_MIGRATE_PACKAGE", dmig_event_get_package(event));
        message_add_text(&message, "DEPLOY_MIGRATE_FROM", journal->from);
        message_add_text(&message, "DEPLOY_MIGRATE_TO", journal->to);
        if (event_concerns_units(kind->event))
                message_add_units(journal, &message);
        message_add_event(&message, event, kind->text);
        message_send(&message);
}

/* Whether it is time to tell of a progress once more: the longer it takes, the more seldom. */
static bool journal_tells_progress(struct journal *journal, const struct dmig_event *event)
{
        int64_t elapsed_ms = event_field_int(event, "elapsed_ms");

        if (elapsed_ms < journal->next_ms)
                return false;
        journal->next_ms = elapsed_ms + (elapsed_ms < PROGRESS_EVERY_MS ? elapsed_ms : PROGRESS_EVERY_MS);
        return true;
}

void journal_event(struct journal *journal, const struct dmig_event *event)
{
        const struct journal_kind *kind;
        const char *name;

        assert(journal);
        assert(event);

        name = dmig_event_get_name(event);
        if (streq(name, "phase"))
                journal->next_ms = PROGRESS_AFTER_MS;
        kind = journal_find_kind(name);
        if (!kind)
                return;
        journal_set_package(journal, dmig_event_get_package(event));
        if (streq(name, "upgrade"))
                journal_set_upgrade(journal, event);
        if (!streq(name, "progress") || journal_tells_progress(journal, event))
                journal_send_event(journal, event, kind);
}
