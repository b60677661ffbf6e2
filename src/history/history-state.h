/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a history adds up to. In: its events, one by one, oldest first. Out: the version that the data is at, and how
 * each migration stands. Pure: all state of a package is derived from its history here and nowhere else.
 */

#include "basic/error.h"
#include "history/event.h"

#include <stddef.h>

#define ATTEMPTS_MAX 3U

enum record_state {
        RECORD_NONE,    /* nothing that still counts */
        RECORD_RUNNING, /* started, and no end recorded: the program was killed in it */
        RECORD_COMMITTING,
        RECORD_APPLIED,
        RECORD_SATISFIED,
        RECORD_SKIPPED, /* marked by the administrator */
        RECORD_FAILED,
        RECORD_POSTPONED,
        RECORD_INTERRUPTED,
        RECORD_GAVE_UP,
};

/* One migration. */
struct record {
        char *id;
        enum record_state state;
        unsigned failures;   /* failed and interrupted attempts of this sha256 since the last success or retry */
        size_t upgrade;      /* which of the upgrades applied it, n_upgrades where that isn't completed */
        char sha256[65];     /* of the file that was started or applied last, "" where not known */
        char *reason;        /* of the last failure */
        int64_t duration_ms; /* of the run that applied it, -1 where not known */
        int64_t changes;     /* likewise */
};

struct history_state {
        char *from;   /* version of the last completed or baseline, NULL where there is none */
        char *origin; /* of the last baseline, or where the history begins: what lies below it isn't asked about */
        bool from_argument; /* the last completed was for a version that the caller gave, not the package database */
        bool closed;        /* the package was purged: as if there were no history */
        bool settled;       /* the last event is a completed or baseline: nothing is under way */
        char **upgrades;    /* "from" of each completed */
        size_t n_upgrades;
        struct record **records; /* in the order of their first event */
        size_t n_records;
        struct record *unfinished; /* the one that is RECORD_RUNNING or RECORD_COMMITTING */
        struct lh_table *index;    /* finds a record by its id */
};

void history_state_done(struct history_state *state);
/* Finds the record of the migration @id, and makes it where there is none. Returns: 0 or -ENOMEM. */
int history_state_get(struct history_state *state, const char *id, struct record **ret);
/* Returns: the record, or NULL. */
const struct record *history_state_find(const struct history_state *state, const char *id);
/* Whether the migration is applied, as far as the history says. */
bool history_state_is_applied(const struct history_state *state, const char *id);
/* Returns: the record that is RECORD_RUNNING or RECORD_COMMITTING, or NULL. There is one at most. */
const struct record *history_state_unfinished(const struct history_state *state);
