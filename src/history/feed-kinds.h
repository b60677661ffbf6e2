/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each kind of event changes in the state. In: an event that may follow the ones before it. Out: the state after it. Pure. */

#include "basic/error.h"
#include "history/history-state.h"

/* What must be true before an event. */
enum feed_condition {
        FEED_ALWAYS,
        FEED_NOTHING_UNFINISHED,
        FEED_NOTHING_ELSE_UNFINISHED,
        FEED_RUNNING, /* the migration of the event */
};

#define STRINGS_MAX 2

/* One event on its way into the state. */
struct feed {
        struct history_state *state;
        const struct dmig_event *event;
        const struct feed_kind *kind;
        const char *strings[STRINGS_MAX]; /* of the fields that the kind names */
        struct record *record;            /* NULL if the event isn't about a migration */
        struct error *error;
};

struct feed_kind {
        const char *name;
        int (*apply)(const struct feed *feed);
        bool has_id;
        enum feed_condition condition;
        const char *strings[STRINGS_MAX]; /* the fields that it needs, which are strings */
};

/* Returns: the kind of that name, or NULL. */
const struct feed_kind *feed_kind_find(const char *name);
/* Sets the error to "KIND: FIELD must be @wanted". Returns: -EBADMSG. */
int feed_refuse_field(const struct feed *feed, const char *field, const char *wanted);
