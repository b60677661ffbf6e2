/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/journal/journal-message.h"

#include <stdarg.h>
#include <stdio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION /* where in our sources says nothing to an administrator */
#include <systemd/sd-journal.h>

void message_add(struct message *message, const char *format, ...)
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

void message_add_text(struct message *message, const char *field, const char *value)
{
        if (value)
                message_add(message, "%s=%s", field, value);
}

void message_send(struct message *message)
{
        (void)sd_journal_sendv(message->fields, message->n);
        for (int i = 0; i < message->n; i++)
                free(message->fields[i].iov_base);
}

void message_begin(const struct journal *journal, struct message *message, int priority, const char *message_id)
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

void message_add_units(const struct journal *journal, struct message *message)
{
        _cleanup_free_ char *units = journal->units ? strdup(journal->units) : NULL;
        char *rest = units, *unit;

        while ((unit = strsep(&rest, " ")))
                message_add(message, "OBJECT_SYSTEMD_UNIT=%s", unit);
}
