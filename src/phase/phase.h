/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One phase of a migration. In: its program, and where it works. The steps: make the sandbox, run the program with "check" or "migrate", pass
 * on its output. Out: what its end means by the contract of a migration.
 */

#include "catalog/catalog.h"
#include "package/context.h"
#include "package/emit.h"
#include "package/upgrade.h"
#include "phase/phase-progress.h"
#include "phase/running.h"
#include "stage/stage.h"

struct turn;
struct world;

struct phase {
        struct dmig *ctx;
        const char *package;
        const struct upgrade *upgrade;
        const struct migration *migration;
        const struct stage *stage; /* where migrate works, and what check sees; NULL: the system as it is */
        int state;                 /* the directory that has stages */
        unsigned flags;            /* of enum dmig_flags */
        int lock_fd;               /* the package's lock, which the program's processes hold as well */
        unsigned number;           /* of the attempt */
        struct turn *turn;         /* which the program is stopped without; NULL: none */
        struct running *running;   /* where status finds how far it is; NULL: nowhere */
        struct world *checks;      /* that checks share which see the system as it is; NULL: each has its own */
        struct world *staged;      /* that migrate shares with the check after it; set by phases.c */
        /* Called once before the program begins, while its sandbox is made; what fails in it isn't the migration's failure. May be NULL. */
        int (*meanwhile)(void *userdata, struct error *error);
        void *userdata;
        const char *name; /* "check" or "migrate" */
        bool migrate;
        uint64_t timeout_sec;
        int meanwhile_result;
        struct phase_progress progress;
};

enum outcome {
        OUTCOME_TRUE,
        OUTCOME_FALSE, /* check only */
        OUTCOME_POSTPONED,
        OUTCOME_STOPPED, /* the context was stopped, or the turn was lost */
        OUTCOME_FAILED,
};

struct ending {
        const char *phase; /* "check" or "migrate" */
        enum outcome outcome;
        struct field field; /* "exit", "signal" or "timeout"; has no name if the program couldn't be started */
        const char *cause;  /* of hint_find_cause(): it isn't the migration's own failure; NULL: it is */
        char *reason;       /* one line, with the end of the output; NULL if it was stopped */
        char *output;       /* its end alone, "" if there was none; NULL if it was stopped or couldn't be started */
};

/*
 * If the program can't be started, the outcome is a failure, too. Returns: 0, -ENOMEM, or the result of phase.meanwhile with @error set if
 * that has failed.
 */
_must_check_ int phase_execute(struct phase *phase, struct ending *ret, struct error *error);
void ending_done(struct ending *ending);
