/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-state.h"
#include "basic/array.h"
#include "history/history-feed.h"

#include <json-c/linkhash.h>

static void record_free(struct record *record)
{
        free(record->id);
        free(record->reason);
        free(record);
}
DEFINE_CLEANUP(struct record *, record_free);

void history_state_done(struct history_state *state)
{
        if (state->index)
                lh_table_free(state->index);
        for (size_t i = 0; i < state->n_records; i++)
                record_free(state->records[i]);
        free(state->records);
        free(state->from);
        free(state->origin);
        for (size_t i = 0; i < state->n_upgrades; i++)
                free(state->upgrades[i]);
        free(state->upgrades);
        *state = (struct history_state){ 0 };
}

static struct record *find(const struct history_state *state, const char *id)
{
        void *record;

        return state->index && lh_table_lookup_ex(state->index, id, &record) ? record : NULL;
}

const struct record *history_state_find(const struct history_state *state, const char *id)
{
        return find(state, id);
}

bool history_state_is_applied(const struct history_state *state, const char *id)
{
        const struct record *record = history_state_find(state, id);

        return record && record->state == RECORD_APPLIED;
}

const struct record *history_state_unfinished(const struct history_state *state)
{
        return state->unfinished;
}

static bool record_is_unfinished(const struct record *record)
{
        return record->state == RECORD_RUNNING || record->state == RECORD_COMMITTING;
}

static int add_record(struct history_state *state, const char *id, struct record **ret)
{
        _cleanup_(record_freep) struct record *record = NULL;
        struct record **grown;

        if (!state->index)
                state->index = lh_kchar_table_new(16, NULL);
        grown = array_grow(state->records, state->n_records, sizeof(*grown));
        if (grown)
                state->records = grown;
        record = calloc(1, sizeof(*record));
        if (!state->index || !grown || !record)
                return -ENOMEM;

        record->id = strdup(id);
        record->duration_ms = record->changes = -1;
        if (!record->id || lh_table_insert(state->index, record->id, record) < 0)
                return -ENOMEM;

        *ret = record;
        state->records[state->n_records++] = TAKE_PTR(record);
        return 0;
}

static int check_time(const struct dmig_event *event, struct error *error)
{
        if (dmig_event_get_time(event) == 0)
                return error_setf(error, -EBADMSG, "an event needs a \"time\" like 2026-01-02T03:04:05Z");
        return 0;
}

static int check_condition(const struct feed *feed)
{
        const struct record *unfinished = feed->state->unfinished;

        switch (feed->kind->condition) {
        case FEED_ALWAYS:
                return 0;
        case FEED_NOTHING_UNFINISHED:
                break;
        case FEED_NOTHING_ELSE_UNFINISHED:
                if (unfinished == feed->record)
                        return 0;
                break;
        case FEED_RUNNING:
                if (feed->record->state == RECORD_RUNNING)
                        return 0;
                return error_setf(feed->error, -EBADMSG, "\"%s\" of %s, which isn't running", feed->kind->name,
                                  feed->record->id);
        }
        if (!unfinished)
                return 0;
        return error_setf(feed->error, -EBADMSG, "\"%s\" while %s has no end", feed->kind->name, unfinished->id);
}

static int open_record(struct feed *feed)
{
        const char *id = dmig_event_get_string(feed->event, "id");

        if (!id)
                return error_setf(feed->error, -EBADMSG, "\"%s\" needs a text as \"id\"", feed->kind->name);
        feed->record = find(feed->state, id);
        return feed->record ? 0 : add_record(feed->state, id, &feed->record);
}

int history_state_feed(struct history_state *state, const struct dmig_event *event, struct error *error)
{
        struct feed feed = { .state = state, .event = event, .error = error };
        const char *name = dmig_event_get_name(event);
        int r;

        if (!name)
                return error_setf(error, -EBADMSG, "an event needs a text as \"event\"");
        feed.kind = feed_kind_find(name);
        if (!feed.kind)
                return error_setf(error, -EBADMSG, "unknown event \"%s\"", name);
        r = check_time(event, error);
        if (r < 0)
                return r;
        if (feed.kind->has_id) {
                r = open_record(&feed);
                if (r < 0)
                        return r;
        }
        r = check_condition(&feed);
        if (r < 0)
                return r;

        state->closed = false;
        state->settled = false;
        r = feed.kind->apply(&feed);
        if (r < 0)
                return r;

        if (feed.record && record_is_unfinished(feed.record))
                state->unfinished = feed.record;
        else if (feed.record == state->unfinished)
                state->unfinished = NULL;
        return 0;
}
