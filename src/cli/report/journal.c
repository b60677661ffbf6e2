/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/journal.h"

#include "cli/terminal/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

#define FIELDS_MAX 20

/* One message under construction. A field that memory runs out for is left out. */
struct message {
        struct iovec fields[FIELDS_MAX];
        int n;
};

void journal_init(struct journal *journal, bool gated)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0)
                journal->enabled = st.st_dev == device && st.st_ino == inode;
        if (journal->enabled)
                (void)sd_pid_get_unit(0, &journal->unit);
        journal->gated = gated;
}

static void forget_package(struct journal *journal)
{
        free(TAKE_PTR(journal->package));
        free(TAKE_PTR(journal->from));
        free(TAKE_PTR(journal->to));
}

void journal_done(struct journal *journal)
{
        forget_package(journal);
        free(TAKE_PTR(journal->unit));
}

/* The versions of one package say nothing about the next. */
static void turn_to(struct journal *journal, const char *package)
{
        if (!package || (journal->package && streq(journal->package, package)))
                return;
        forget_package(journal);
        journal->package = strdup(package);
}

static void add(struct message *message, const char *format, ...) _printf_(2, 3);
static void add(struct message *message, const char *format, ...)
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

/* Nothing is added for a value that isn't known. */
static void add_text(struct message *message, const char *field, const char *value)
{
        if (value)
                add(message, "%s=%s", field, value);
}

static void send_message(struct message *message)
{
        (void)sd_journal_sendv(message->fields, message->n);
        for (int i = 0; i < message->n; i++)
                free(message->fields[i].iov_base);
}

static void begin(const struct journal *journal, struct message *message, int priority, const char *message_id)
{
        add(message, "PRIORITY=%d", priority);
        add(message, "SYSLOG_IDENTIFIER=deploy-migrate");
        add_text(message, "MESSAGE_ID", message_id);
        /* journald asks the kernel whose message it is when it comes to it, and if we have ended by then, it never learns. */
        add_text(message, "OBJECT_SYSTEMD_UNIT", journal->unit);
        /* So that the log of the unit for all packages has those, too, that are migrated for a service. */
        if (journal->gated)
                add(message, "OBJECT_SYSTEMD_UNIT=deploy-migrate.service");
}

void journal_line(struct journal *journal, int priority, const char *package, const char *id, const char *text)
{
        struct message message = { 0 };

        turn_to(journal, package);
        begin(journal, &message, priority, NULL);
        add_text(&message, "DEPLOY_MIGRATE_PACKAGE", package);
        add_text(&message, "DEPLOY_MIGRATE_ID", id);
        add_text(&message, "DEPLOY_MIGRATE_FROM", journal->from);
        add_text(&message, "DEPLOY_MIGRATE_TO", journal->to);
        if (id)
                add(&message, "MESSAGE=%s %s | %s", package, id, text);
        else
                add(&message, "MESSAGE=%s%s%s", package ? package : "", package ? ": " : "", text);
        send_message(&message);
}

/* ---- Events ---- */

static const char *text_of(const struct dmig_event *event, const char *field)
{
        const char *text = dmig_event_get_string(event, field);

        return text ? text : "?";
}

static void describe_upgrade(struct message *message, const struct dmig_event *event)
{
        int64_t n = 0;

        (void)dmig_event_get_int(event, "pending", &n);
        add(message, "MESSAGE=%s: from %s to %s, %lld migration%s to run", dmig_event_get_package(event),
            text_of(event, "from"), text_of(event, "to"), (long long)n, n == 1 ? "" : "s");
}

static void describe_applied(struct message *message, const struct dmig_event *event)
{
        char duration[DURATION_MAX] = "";
        int64_t ms;

        if (dmig_event_get_int(event, "duration_ms", &ms) >= 0) {
                format_duration(ms, duration);
                add(message, "DEPLOY_MIGRATE_DURATION_USEC=%lld", (long long)ms * 1000);
        }
        add(message, "MESSAGE=%s: %s applied%s%s", dmig_event_get_package(event), text_of(event, "id"),
            duration[0] ? " in " : "", duration);
}

static void describe_satisfied(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: %s isn't needed, its effect is already there", dmig_event_get_package(event),
            text_of(event, "id"));
}

static void describe_failed(struct message *message, const struct dmig_event *event)
{
        add_text(message, "DEPLOY_MIGRATE_PHASE", dmig_event_get_string(event, "phase"));
        add(message, "MESSAGE=%s: %s failed: %s", dmig_event_get_package(event), text_of(event, "id"),
            text_of(event, "reason"));
}

static void describe_gave_up(struct message *message, const struct dmig_event *event)
{
        add(message,
            "MESSAGE=%s: %s is given up after repeated failures; repair the cause, then run: deploy-migrate retry %s",
            dmig_event_get_package(event), text_of(event, "id"), dmig_event_get_package(event));
}

static void describe_interrupted(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: %s was interrupted; the next run starts it again", dmig_event_get_package(event),
            text_of(event, "id"));
}

static void describe_postponed(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: %s asked to be run later", dmig_event_get_package(event), text_of(event, "id"));
}

static void describe_baseline(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: the data is taken to be at %s (%s)", dmig_event_get_package(event),
            text_of(event, "version"), text_of(event, "source"));
}

static void describe_marked(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: %s is marked as %s: %s", dmig_event_get_package(event), text_of(event, "id"),
            text_of(event, "as"), text_of(event, "reason"));
}

static void describe_retry(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: failures are forgotten, what was given up runs again", dmig_event_get_package(event));
}

static void describe_completed(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: completed, the data is at %s", dmig_event_get_package(event), text_of(event, "to"));
}

static void describe_undone(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: %s was undone, its files are as they were before", dmig_event_get_package(event),
            text_of(event, "id"));
}

static void describe_purged(struct message *message, const struct dmig_event *event)
{
        add(message, "MESSAGE=%s: was purged, its history is closed", dmig_event_get_package(event));
}

static const struct kind {
        const char *event;
        const char *message_id;
        int priority;
        void (*describe)(struct message *message, const struct dmig_event *event);
} kinds[] = {
        { "upgrade", "b109a66339a84016bbf9bd15942f1c67", LOG_INFO, describe_upgrade },
        { "applied", "75d5770b3f0947ae8bd6b08a0dcbb9c2", LOG_INFO, describe_applied },
        { "satisfied", "81c1512b29204b1a9df31559ee67933d", LOG_INFO, describe_satisfied },
        { "failed", "661a58e1001d47b58daca7d4bfc7aed0", LOG_ERR, describe_failed },
        { "gave-up", "90a5024f8c8e4767a63b47b3f0ac1c15", LOG_ERR, describe_gave_up },
        { "interrupted", "1d29286d972c4f91aa6a07a7225daa1c", LOG_WARNING, describe_interrupted },
        { "postponed", "062e6353aa7d4fa3acf6352b80fad1d7", LOG_NOTICE, describe_postponed },
        { "baseline", "eccdd6f8b97d4ef592e6f8549cc20bea", LOG_INFO, describe_baseline },
        { "marked", "0b17fba24175479c8957c8335e6e6b60", LOG_NOTICE, describe_marked },
        { "retry", "0159b48469a74d5488dd789700c01bed", LOG_NOTICE, describe_retry },
        { "completed", "43e1c3f449b04b4c9fb6cba2ecee00c2", LOG_INFO, describe_completed },
        { "undone", "8eafc9740de84d7f932da8b3e015a938", LOG_NOTICE, describe_undone },
        { "purged", "e4b7bf6279c349a1877f36136d2c2a18", LOG_INFO, describe_purged },
};

#define MESSAGE_ID_NOT_MIGRATED "9369d86b799044fc952cea1c023e949c"
#define MESSAGE_ID_SUMMARY      "d7de620cc2b14b1d87ce1bf8822077ba"

static void remember(struct journal *journal, const struct dmig_event *event)
{
        const char *from = dmig_event_get_string(event, "from"), *to = dmig_event_get_string(event, "to");

        free(journal->from);
        free(journal->to);
        journal->from = from ? strdup(from) : NULL;
        journal->to = to ? strdup(to) : NULL;
}

void journal_event(struct journal *journal, const struct dmig_event *event)
{
        const char *name = dmig_event_get_name(event);
        struct message message = { 0 };
        const struct kind *kind = NULL;

        for (size_t i = 0; i < ELEMENTSOF(kinds) && !kind; i++)
                if (streq(kinds[i].event, name))
                        kind = &kinds[i];
        if (!kind)
                return;
        turn_to(journal, dmig_event_get_package(event));
        if (streq(name, "upgrade"))
                remember(journal, event);

        begin(journal, &message, kind->priority, kind->message_id);
        add_text(&message, "DEPLOY_MIGRATE_PACKAGE", dmig_event_get_package(event));
        add_text(&message, "DEPLOY_MIGRATE_FROM", journal->from);
        add_text(&message, "DEPLOY_MIGRATE_TO", journal->to);
        add_text(&message, "DEPLOY_MIGRATE_ID", dmig_event_get_string(event, "id"));
        add_text(&message, "DEPLOY_MIGRATE_RUN", dmig_event_get_string(event, "run"));
        add_text(&message, "DEPLOY_MIGRATE_RESULT", name);
        kind->describe(&message, event);
        send_message(&message);
}

/* ---- Reports ---- */

static int priority_of(enum dmig_result result)
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

/* @unit: the service that waits, NULL for our own unit's log alone. */
static void send_report(const struct journal *journal, const struct dmig_report *report, const char *unit)
{
        const char *package = dmig_report_get_package(report), *error = dmig_report_get_error(report);
        enum dmig_result result = dmig_report_get_result(report);
        bool waits = unit && result != DMIG_RESULT_PENDING; /* which is left undone since the unit runs */
        struct message message = { 0 };

        begin(journal, &message, priority_of(result), MESSAGE_ID_NOT_MIGRATED);
        add_text(&message, "DEPLOY_MIGRATE_PACKAGE", package);
        add_text(&message, "DEPLOY_MIGRATE_FROM", dmig_report_get_from(report));
        add_text(&message, "DEPLOY_MIGRATE_TO", dmig_report_get_to(report));
        add_text(&message, "DEPLOY_MIGRATE_RESULT", dmig_result_to_string(result));
        add_text(&message, "OBJECT_SYSTEMD_UNIT", unit);
        add(&message, "MESSAGE=%s: the data isn't migrated%s%s%s: %s; deploy-migrate status %s tells more", package,
            waits ? ", so " : "", waits ? unit : "", waits ? " doesn't start" : "",
            error ? error : dmig_result_to_string(result), package);
        send_message(&message);
}

void journal_report(const struct journal *journal, const struct dmig_report *report)
{
        size_t n = dmig_report_count_units(report);

        if (priority_of(dmig_report_get_result(report)) == LOG_DEBUG)
                return;
        for (size_t i = 0; i < n; i++)
                send_report(journal, report, dmig_report_get_unit(report, i));
        if (n == 0)
                send_report(journal, report, NULL);
}

void journal_summary(const struct journal *journal, size_t n_packages, size_t n_idle, size_t n_failed)
{
        struct message message = { 0 };

        if (n_idle == n_packages)
                return;
        begin(journal, &message, n_failed > 0 ? LOG_WARNING : LOG_INFO, MESSAGE_ID_SUMMARY);
        add(&message, "MESSAGE=%zu package%s: %zu migrated, %zu without anything to do, %zu not migrated", n_packages,
            n_packages == 1 ? "" : "s", n_packages - n_idle - n_failed, n_idle, n_failed);
        send_message(&message);
}
