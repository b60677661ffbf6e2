/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The state that a history adds up to: the version that the data is at, and the state of each migration. history-feed.h derives it
 * from the events, and nothing else does. Pure.
 */

#include "basic/strv.h"
#include "history/event.h"

#include <stddef.h>

#define ATTEMPTS_MAX 3U

enum record_state {
        RECORD_NONE,    /* no event, or none that still counts */
        RECORD_RUNNING, /* started without an end: the runner was killed during it */
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
        unsigned failures;   /* that count, of this sha256, since the last success or retry */
        bool reopened;       /* applied or satisfied, but not in the data that a later baseline is about */
        size_t upgrade;      /* the index of the upgrade that applied it, upgrades.n if that isn't completed */
        char sha256[65];     /* of the file that was started or applied last, "" if not known */
        char *reason;        /* of the last failure or postponement, NULL if not known */
        char *turn;          /* why there was no turn, if it was postponed for want of one; else NULL */
        char *reaches_out;   /* where its program could have effects that no transaction holds back; NULL: nowhere */
        char *consent;       /* the text that the administrator agreed to, "" for any; NULL: he hasn't */
        bool reached_before; /* an earlier attempt, too, so that a check that finds the effect doesn't disprove it */
        int64_t duration_ms; /* of the run that applied it, -1 if not known */
        int64_t changes;     /* likewise */
};

struct history_state {
        char *from;           /* version of the last completed or baseline, NULL if there is none */
        char *origin;         /* of the last baseline, or where the history begins; older migrations don't matter */
        bool from_argument;   /* the installed version came from the caller or a file, not from the package database */
        bool closed;          /* the package was purged: as if there were no history */
        bool settled;         /* the last event is a completed or baseline: there is nothing to go on with */
        struct strv upgrades; /* "from" of each completed, but those whose "to" is the same */
        struct record **records; /* in the order of their first event */
        size_t n_records;
        struct record *unfinished; /* the one that is RECORD_RUNNING or RECORD_COMMITTING */
        struct lh_table *index;    /* finds a record by its id */
};

void history_state_done(struct history_state *state);
/* Finds the record of the migration @id, or makes one. Returns: 0 or -ENOMEM. */
_must_check_ int history_state_get(struct history_state *state, const char *id, struct record **ret);
/* Returns: the record, or NULL. */
const struct record *history_state_find(const struct history_state *state, const char *id);
/* Whether the history says that the migration is applied. */
bool history_state_is_applied(const struct history_state *state, const char *id);
/* Whether the administrator agreed to @text. */
bool record_has_consent(const struct record *record, const char *text);
/* Whether any migration is applied or satisfied. */
bool history_state_has_effects(const struct history_state *state);
/* Returns: the only record that is RECORD_RUNNING or RECORD_COMMITTING, or NULL. */
const struct record *history_state_unfinished(const struct history_state *state);

/* ---- For history-feed.h ---- */

/* Ends what was known of attempts and failures. */
void record_set_outcome(struct record *record, enum record_state outcome);
/* @counts: it is the migration's own failure. Returns: 0 or -ENOMEM. */
_must_check_ int record_set_failure(struct record *record, enum record_state outcome, const char *reason, bool counts);
void record_reopen(struct record *record);
/* @reason may be NULL, and so may @turn. Returns: 0 or -ENOMEM. */
_must_check_ int record_postpone(struct record *record, const char *reason, const char *turn);
/* Forgets failures. */
void record_retry(struct record *record);
/* @reach: where to; NULL leaves it as it was. Returns: 0 or -ENOMEM. */
_must_check_ int record_set_reach(struct record *record, const char *reach);
void record_clear_reach(struct record *record);
/* @text: what the administrator agreed to. Returns: 0 or -ENOMEM. */
_must_check_ int record_give_consent(struct record *record, const char *text);
void record_withdraw_consent(struct record *record);
bool record_is_unfinished(const struct record *record);
/* The first event that has a version says where the history begins: at @origin. Returns: 0 or -ENOMEM. */
_must_check_ int history_state_set_from(struct history_state *state, const char *from, const char *origin);
