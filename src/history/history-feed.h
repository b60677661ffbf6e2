/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each kind of event does to the state of a history. In: an event that may follow. Out: the state behind it. */

#include "history/history-state.h"

/* What must be so before an event. */
enum feed_condition {
        FEED_ALWAYS,
        FEED_NOTHING_UNFINISHED,
        FEED_NOTHING_ELSE_UNFINISHED,
        FEED_RUNNING, /* the migration that the event is about */
};

/* One event on its way into the state. */
struct feed {
        struct history_state *state;
        const struct dmig_event *event;
        const struct feed_kind *kind;
        struct record *record; /* NULL where the event is about no migration */
        struct error *error;
};

struct feed_kind {
        const char *name;
        int (*apply)(const struct feed *feed);
        bool has_id;
        enum feed_condition condition;
};

/* Returns: the kind, or NULL where no event has that name. */
const struct feed_kind *feed_kind_find(const char *name);
