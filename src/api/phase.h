/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One phase of a migration: its program is run with "check" or "migrate", in the sandbox for that. Out: what its end means by
 * the contract of a migration.
 */

#include "catalog/catalog.h"
#include "package/context.h"
#include "package/emit.h"
#include "package/upgrade.h"
#include "stage/stage.h"

struct phase {
        struct dmig *ctx;
        const char *package;
        const struct upgrade *upgrade;
        const struct migration *migration;
        const struct stage *stage; /* where migrate works, and what a check looks at; NULL: the system as it is */
        unsigned flags;            /* of enum dmig_flags */
        int lock_fd;               /* the package's lock, for as long as a process is left */
        unsigned number;           /* of the attempt */
        const char *name;          /* "check" or "migrate" */
        bool migrate;
        uint64_t timeout_sec;
};

enum outcome {
        OUTCOME_TRUE,
        OUTCOME_FALSE, /* check only */
        OUTCOME_POSTPONED,
        OUTCOME_STOPPED, /* because the context was */
        OUTCOME_FAILED,
};

struct ending {
        enum outcome outcome;
        struct field field; /* "exit", "signal" or "timeout"; without a name where the program could not be started */
        char *reason;       /* in one line, with the end of the output; NULL when stopped */
};

/* Whoever says that it is done has to show it. */
#define PHASE_REFUTED "migrate said that it is done, but check still says that it isn't"

/* Whatever keeps the program from running is the migration's failure. Returns: 0 or -ENOMEM. */
int phase_run(struct phase *phase, struct ending *ret);
void ending_done(struct ending *ending);
