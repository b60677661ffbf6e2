/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/journal/journal.h"

#include "cli/journal/journal-message.h"

#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-login.h>

#define MESSAGE_ID_NOT_MIGRATED "9369d86b799044fc952cea1c023e949c"
#define MESSAGE_ID_SUMMARY      "d7de620cc2b14b1d87ce1bf8822077ba"

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
        free(TAKE_PTR(journal->units));
}

void journal_done(struct journal *journal)
{
        assert(journal);

        journal_clear_upgrade(journal);
        free(TAKE_PTR(journal->unit));
}

void journal_set_package(struct journal *journal, const char *package)
{
        if (!package || (journal->package && streq(journal->package, package)))
                return;
        journal_clear_upgrade(journal);
        journal->package = strdup(package);
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
        bool down = result == DMIG_RESULT_DOWNGRADE;
        bool waits = unit && !down && result != DMIG_RESULT_PENDING; /* pending: the unit runs, so it isn't waiting */
        struct message message = { 0 };

        message_begin(journal, &message, result_priority(result), MESSAGE_ID_NOT_MIGRATED);
        message_add_text(&message, "DEPLOY_MIGRATE_PACKAGE", package);
        message_add_text(&message, "DEPLOY_MIGRATE_FROM", dmig_report_get_from(report));
        message_add_text(&message, "DEPLOY_MIGRATE_TO", dmig_report_get_to(report));
        message_add_text(&message, "DEPLOY_MIGRATE_RESULT", dmig_result_to_string(result));
        message_add_text(&message, "OBJECT_SYSTEMD_UNIT", unit);
        message_add(&message, "MESSAGE=%s: the data is %s%s%s%s: %s; see 'deploy-migrate status %s'", package,
                    down ? "newer than the program" : "not migrated", waits ? ", so " : "", waits ? unit : "",
                    waits ? " doesn't start" : "", error ? error : dmig_result_to_string(result), package);
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
