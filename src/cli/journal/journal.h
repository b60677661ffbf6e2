/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * If standard error is connected to the journal, lines, events and reports are sent to it as messages with fields instead of text.
 * units/deploy-migrate.catalog explains each MESSAGE_ID.
 */

#include "basic/macro.h"
#include "cli/journal/log-line.h"
#include "deploy-migrate.h"

#include <stdint.h>

struct journal {
        bool enabled;
        char *unit;      /* the unit that we run in, or NULL */
        bool gated;      /* it is the unit of one package, which gates that package's services */
        char *package;   /* of the last message */
        char *from, *to; /* its upgrade, NULL if not known */
        char *units;     /* that wait for it, separated by blanks; NULL: none */
        int64_t next_ms; /* of the phase that runs: when to tell of it again */
};

/* Enables the journal if standard error is connected to it. */
void journal_init(struct journal *journal, bool gated);
void journal_done(struct journal *journal);

/* Forgets the upgrade of another package; @package may be NULL. */
void journal_set_package(struct journal *journal, const char *package);
void journal_line(struct journal *journal, const struct log_line *line);
void journal_event(struct journal *journal, const struct dmig_event *event);
/* Reports a package whose data isn't migrated, also in the logs of the services that wait for it. */
void journal_report(const struct journal *journal, const struct dmig_report *report);
/* The last line of a run. There is none if no package had anything to do, as at most starts of a service. */
void journal_summary(const struct journal *journal, size_t n_packages, size_t n_idle, size_t n_failed);
