/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/journal.h"

#include "basic/memstream.h"
#include "cli/report/event-field.h"
#include "cli/terminal/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION /* where in our sources says nothing to an administrator */
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

#define FIELDS_MAX 20

/* A message under construction. If memory runs out for a field, the message goes without it. */
struct message {
        struct iovec fields[FIELDS_MAX];
        int n;
};

void journal_init(struct journal *journal, bool gated)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        assert(journal);

        if (stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0)
                journal->enabled = st.st_dev == device && st.st_ino == inode;
        if (journal->enabled)
                (void)sd_pid_get_unit(0, &journal->unit);
        journal->gated = gated;
}

static void journal_clear_upgrade(struct journal *journal)
{
        free(TAKE_PTR(journal->package));
        free(TAKE_PTR(journal->from));
        free(TAKE_PTR(journal->to));
}

void journal_done(struct journal *journal)
{
        assert(journal);

        journal_clear_upgrade(journal);
        free(TAKE_PTR(journal->unit));
}

/* Forgets the upgrade of another package. */
static void journal_set_package(struct journal *journal, const char *package)
{
        if (!package || (journal->package && streq(journal->package, package)))
                return;
        journal_clear_upgrade(journal);
        journal->package = strdup(package);
}

static void message_add(struct message *message, const char *format, ...) _printf_(2, 3);
static void message_add(struct message *message, const char *format, ...)
{
        va_list args;
        char *text;
        int n;

        if (message->n == FIELDS_MAX)
                return;
        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n >= 0)
                message->fields[message->n++] = (struct iovec){ text, (size_t)n };
}

/* Adds no field if @value is NULL. */
static void message_add_text(struct message *message, const char *field, const char *value)
{
        if (value)
                message_add(message, "%s=%s", field, value);
}

static void message_send(struct message *message)
{
        (void)sd_journal_sendv(message->fields, message->n);
        for (int i = 0; i < message->n; i++)
                free(message->fields[i].iov_base);
}

static void message_begin(const struct journal *journal, struct message *message, int priority, const char *message_id)
{
        message_add(message, "PRIORITY=%d", priority);
        message_add(message, "SYSLOG_IDENTIFIER=deploy-migrate");
        message_add_text(message, "MESSAGE_ID", message_id);
        /* journald finds a sender's unit through its process, which may have ended before the message is read. */
        message_add_text(message, "OBJECT_SYSTEMD_UNIT", journal->unit);
        /* The log of the unit for all packages also shows those that were migrated for a service. */
        if (journal->gated)
                message_add(message, "OBJECT_SYSTEMD_UNIT=deploy-migrate.service");
}

void journal_line(struct journal *journal, const struct log_line *line)
{
        struct message message = { 0 };

        assert(journal);
        assert(line);
        assert(line->text);

        journal_set_package(journal, line->package);
        message_begin(journal, &message, line->priority, NULL);
        message_add_text(&message, "DEPLOY_MIGRATE_PACKAGE", line->package);
        message_add_text(&message, "DEPLOY_MIGRATE_ID", line->id);
        message_add_text(&message, "DEPLOY_MIGRATE_FROM", journal->from);
        message_add_text(&message, "DEPLOY_MIGRATE_TO", journal->to);
        if (line->id)
                message_add(&message, "MESSAGE=%s %s | %s", line->package, line->id, line->text);
        else
                message_add(&message, "MESSAGE=%s%s%s", line->package ? line->package : "", line->package ? ": " : "",
                            line->text);
        message_send(&message);
}

/* ---- Events ---- */

/* In a text {name} is a field of the event, {package} its package, and {in duration} " in 12 ms", or empty if not known. */
static const struct journal_kind {
        const char *event;
        const char *message_id;
        int priority;
        const char *text;
} kinds[] = {
        { "upgrade", "b109a66339a84016bbf9bd15942f1c67", LOG_INFO, "migrating from {from} to {to}, {pending} pending" },
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

#define MESSAGE_ID_NOT_MIGRATED "9369d86b799044fc952cea1c023e949c"
#define MESSAGE_ID_SUMMARY      "d7de620cc2b14b1d87ce1bf8822077ba"

static void event_print_duration(FILE *stream, const struct dmig_event *event)
{
        char duration[DURATION_MAX];
        int64_t ms;

        if (dmig_event_get_int(event, "duration_ms", &ms) < 0)
                return;
        format_duration(ms, duration);
        fprintf(stream, " in %s", duration);
}

static void event_print_field(FILE *stream, const struct dmig_event *event, const char *field)
{
        int64_t value;

        if (streq(field, "package"))
                fputs(dmig_event_get_package(event), stream);
        else if (streq(field, "in duration"))
                event_print_duration(stream, event);
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
        message_add_text(message, "DEPLOY_MIGRATE_RUN", dmig_event_get_string(event, "run"));
        message_add_text(message, "DEPLOY_MIGRATE_RESULT", dmig_event_get_name(event));
        if (dmig_event_get_int(event, "duration_ms", &ms) >= 0)
                message_add(message, "DEPLOY_MIGRATE_DURATION_USEC=%" PRId64, ms * 1000);
        message_add(message, "MESSAGE=%s: %s", dmig_event_get_package(event), expanded ? expanded : text);
}

static void journal_set_upgrade(struct journal *journal, const struct dmig_event *event)
{
        const char *from = dmig_event_get_string(event, "from"), *to = dmig_event_get_string(event, "to");

        free(journal->from);
        free(journal->to);
        journal->from = from ? strdup(from) : NULL;
        journal->to = to ? strdup(to) : NULL;
}

void journal_event(struct journal *journal, const struct dmig_event *event)
{
        const struct journal_kind *kind = NULL;
        struct message message = { 0 };
        const char *name;

        assert(journal);
        assert(event);

        name = dmig_event_get_name(event);
        for (size_t i = 0; i < ELEMENTSOF(kinds) && !kind; i++)
                if (streq(kinds[i].event, name))
                        kind = &kinds[i];
        if (!kind)
                return;
        journal_set_package(journal, dmig_event_get_package(event));
        if (streq(name, "upgrade"))
                journal_set_upgrade(journal, event);

        message_begin(journal, &message, kind->priority, kind->message_id);
        message_add_text(&message, "DEPLOY_MIGRATE_PACKAGE", dmig_event_get_package(event));
        message_add_text(&message, "DEPLOY_MIGRATE_FROM", journal->from);
        message_add_text(&message, "DEPLOY_MIGRATE_TO", journal->to);
        message_add_event(&message, event, kind->text);
        message_send(&message);
}

/* ---- Reports ---- */

static int result_priority(enum dmig_result result)
{
        switch (result) {
        case DMIG_RESULT_COMPLETED:
        case DMIG_RESULT_NOTHING_TO_DO:
        case DMIG_RESULT_NOT_INSTALLED:
                return LOG_DEBUG;
        case DMIG_RESULT_FAILED:
        case DMIG_RESULT_ERROR:
                return LOG_ERR;
        default:
                return LOG_WARNING;
        }
}

/* @unit: a service whose log gets the message, too; NULL: none. */
static void journal_send_report(const struct journal *journal, const struct dmig_report *report, const char *unit)
{
        const char *package = dmig_report_get_package(report), *error = dmig_report_get_error(report);
        enum dmig_result result = dmig_report_get_result(report);
        bool waits = unit && result != DMIG_RESULT_PENDING; /* pending: the unit runs, so it isn't waiting */
        struct message message = { 0 };

        message_begin(journal, &message, result_priority(result), MESSAGE_ID_NOT_MIGRATED);
        message_add_text(&message, "DEPLOY_MIGRATE_PACKAGE", package);
        message_add_text(&message, "DEPLOY_MIGRATE_FROM", dmig_report_get_from(report));
        message_add_text(&message, "DEPLOY_MIGRATE_TO", dmig_report_get_to(report));
        message_add_text(&message, "DEPLOY_MIGRATE_RESULT", dmig_result_to_string(result));
        message_add_text(&message, "OBJECT_SYSTEMD_UNIT", unit);
        message_add(&message, "MESSAGE=%s: the data is not migrated%s%s%s: %s; see 'deploy-migrate status %s'", package,
                    waits ? ", so " : "", waits ? unit : "", waits ? " doesn't start" : "",
                    error ? error : dmig_result_to_string(result), package);
        message_send(&message);
}

void journal_report(const struct journal *journal, const struct dmig_report *report)
{
        size_t n;

        assert(journal);
        assert(report);

        n = dmig_report_count_units(report);
        if (result_priority(dmig_report_get_result(report)) == LOG_DEBUG)
                return;
        for (size_t i = 0; i < n; i++)
                journal_send_report(journal, report, dmig_report_get_unit(report, i));
        if (n == 0)
                journal_send_report(journal, report, NULL);
}

void journal_summary(const struct journal *journal, size_t n_packages, size_t n_idle, size_t n_failed)
{
        struct message message = { 0 };

        assert(journal);
        assert(n_packages >= n_idle + n_failed);

        if (n_idle == n_packages)
                return;
        message_begin(journal, &message, n_failed > 0 ? LOG_WARNING : LOG_INFO, MESSAGE_ID_SUMMARY);
        message_add(&message, "MESSAGE=%zu package%s: %zu migrated, %zu with nothing to do, %zu not migrated",
                    n_packages, n_packages == 1 ? "" : "s", n_packages - n_idle - n_failed, n_idle, n_failed);
        message_send(&message);
}
