/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A message for the journal, made field by field. If memory runs out for a field, the message goes without it. */

#include "cli/journal/journal.h"

#include <sys/uio.h>

#define FIELDS_MAX 64

struct message {
        struct iovec fields[FIELDS_MAX];
        int n;
};

/* Begins a message of ours; @message_id may be NULL. */
void message_begin(const struct journal *journal, struct message *message, int priority, const char *message_id);
void message_add(struct message *message, const char *format, ...) _printf_(2, 3);
/* Adds no field if @value is NULL. */
void message_add_text(struct message *message, const char *field, const char *value);
/* The services that wait for the package's migrations should show it, too. */
void message_add_units(const struct journal *journal, struct message *message);
void message_send(struct message *message);
