/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-feed.h"

#include "history/feed-kinds.h"

static int feed_get_strings(struct feed *feed)
{
        for (size_t i = 0; i < STRINGS_MAX && feed->kind->strings[i]; i++) {
                feed->strings[i] = dmig_event_get_string(feed->event, feed->kind->strings[i]);
                if (!feed->strings[i])
                        return feed_refuse_field(feed, feed->kind->strings[i], "a string");
        }
        return 0;
}

static int feed_check_time(const struct feed *feed)
{
        if (dmig_event_get_time(feed->event) == 0)
                return error_setf(feed->error, -EBADMSG, "\"time\" must be a UTC time like 2026-01-02T03:04:05Z");
        return 0;
}

static int feed_check_condition(const struct feed *feed)
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
                assert(feed->record);
                if (feed->record->state == RECORD_RUNNING)
                        return 0;
                return error_setf(feed->error, -EBADMSG, "\"%s\" of %s, which isn't running", feed->kind->name,
                                  feed->record->id);
        }
        if (!unfinished)
                return 0;
        return error_setf(feed->error, -EBADMSG, "\"%s\" while %s is unfinished", feed->kind->name, unfinished->id);
}

static int feed_open_record(struct feed *feed)
{
        const char *id = dmig_event_get_string(feed->event, "id");

        if (!id)
                return feed_refuse_field(feed, "id", "a string");
        return history_state_get(feed->state, id, &feed->record);
}

int history_feed(struct history_state *state, const struct dmig_event *event, struct error *error)
{
        struct feed feed = { .state = state, .event = event, .error = error };
        const char *name;
        int r;

        assert(state);
        assert(event);

        name = dmig_event_get_name(event);
        if (!name)
                return error_setf(error, -EBADMSG, "\"event\" must be a string");
        feed.kind = feed_kind_find(name);
        if (!feed.kind)
                return error_setf(error, -EBADMSG, "unknown event \"%s\"", name);
        r = feed_check_time(&feed);
        if (r < 0)
                return r;
        if (feed.kind->has_id) {
                r = feed_open_record(&feed);
                if (r < 0)
                        return r;
        }
        r = feed_check_condition(&feed);
        if (r >= 0)
                r = feed_get_strings(&feed);
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
