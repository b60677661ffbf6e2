/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The journal, as what we say on standard error when that is the journal anyway: events and reports as messages with a MESSAGE_ID and
 * fields. The catalog (units/deploy-migrate.catalog) explains each MESSAGE_ID.
 */

#include "basic/macro.h"
#include "deploy-migrate.h"

struct journal {
        bool enabled;
        char *unit;    /* that we run in, NULL where there is none */
        bool gated;    /* this is the unit of one package, for its services */
        char *package; /* that was told of last, and its upgrade, where there is one */
        char *from;
        char *to;
};

/* Enabled when standard error is connected to the journal. */
void journal_init(struct journal *journal, bool gated);
void journal_done(struct journal *journal);

/* A line of the library's own, or of the migration @id. @package and @id may be NULL. */
void journal_line(struct journal *journal, int priority, const char *package, const char *id, const char *text);
void journal_event(struct journal *journal, const struct dmig_event *event);
/* The end of a package, where it isn't completed; also told to the services that wait for it. */
void journal_report(const struct journal *journal, const struct dmig_report *report);
/* The last line of a run; none where no package had anything to do, as at most starts of a service. */
void journal_summary(const struct journal *journal, size_t n_packages, size_t n_idle, size_t n_failed);
