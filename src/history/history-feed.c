/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-feed.h"

#include "basic/array.h"

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

static int refuse_field(const struct feed *feed, const char *field, const char *wanted)
{
        error_setf(feed->error, -EBADMSG, "\"%s\" needs %s as \"%s\"", feed->kind->name, wanted, field);
        return -EBADMSG;
}

static int get_text(const struct feed *feed, const char *field, const char **ret)
{
        const char *text = dmig_event_get_string(feed->event, field);

        if (!text)
                return refuse_field(feed, field, "a text");
        *ret = text;
        return 0;
}

static int get_sha256(const struct feed *feed, const char **ret)
{
        const char *text = dmig_event_get_string(feed->event, "sha256");

        if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
                return refuse_field(feed, "sha256", "64 hexadecimal digits");
        *ret = text;
        return 0;
}

/* Returns: 1 where the field has a number, 0 where it is missing or null, -EBADMSG where it is anything else. */
static int get_optional_int(const struct feed *feed, const char *field, int64_t *ret)
{
        if (!json_object_object_get(feed->event->object, field))
                return 0;
        if (dmig_event_get_int(feed->event, field, ret) < 0)
                return refuse_field(feed, field, "a whole number");
        return 1;
}

static int set_text(char **text, const char *value)
{
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*text);
        *text = copy;
        return 0;
}

/* Where the history begins is what its first event about a version says. */
static int set_from(struct history_state *state, const char *from, const char *origin)
{
        int r;

        r = set_text(&state->from, from);
        if (r < 0 || state->origin)
                return r;
        return set_text(&state->origin, origin);
}

static void set_outcome(struct record *record, enum record_state outcome)
{
        free(TAKE_PTR(record->reason));
        record->failures = 0;
        record->state = outcome;
        record->duration_ms = record->changes = -1;
}

static int count_failure(struct record *record, enum record_state outcome, const char *reason)
{
        record->failures++;
        record->state = outcome;
        return set_text(&record->reason, reason);
}

static bool is_from_argument(const struct feed *feed)
{
        const char *source = dmig_event_get_string(feed->event, "to_source");

        return source && streq(source, "argument");
}

static int feed_baseline(const struct feed *feed)
{
        const char *version, *source;
        int r;

        r = get_text(feed, "version", &version);
        if (r < 0)
                return r;
        r = get_text(feed, "source", &source);
        if (r < 0)
                return r;

        /* The administrator's says nothing about where the package comes from, unless nothing else does. */
        if (!streq(source, "argument") || is_from_argument(feed))
                feed->state->from_argument = is_from_argument(feed);
        feed->state->settled = true;
        free(TAKE_PTR(feed->state->origin)); /* what was there until now is not for us to judge */
        return set_from(feed->state, version, version);
}

static int feed_started(const struct feed *feed)
{
        struct record *record = feed->record;
        const char *sha256;
        int64_t attempt;
        int r;

        r = get_optional_int(feed, "attempt", &attempt);
        if (r == 0)
                return refuse_field(feed, "attempt", "a whole number");
        if (r < 0)
                return r;
        r = get_sha256(feed, &sha256);
        if (r < 0)
                return r;

        if (!streq(record->sha256, sha256))
                record->failures = 0;
        strcpy(record->sha256, sha256);
        record->state = RECORD_RUNNING;
        return 0;
}

static int feed_satisfied(const struct feed *feed)
{
        const char *sha256;
        int r;

        r = get_sha256(feed, &sha256);
        if (r < 0)
                return r;
        set_outcome(feed->record, RECORD_SATISFIED);
        strcpy(feed->record->sha256, sha256);
        feed->record->upgrade = feed->state->n_upgrades;
        return 0;
}

static int feed_committing(const struct feed *feed)
{
        feed->record->state = RECORD_COMMITTING;
        return 0;
}

static int feed_applied(const struct feed *feed)
{
        int64_t duration_ms = -1, changes = -1;
        int r;

        r = get_optional_int(feed, "duration_ms", &duration_ms);
        if (r < 0)
                return r;
        r = get_optional_int(feed, "changes", &changes);
        if (r < 0)
                return r;
        r = feed_satisfied(feed);
        if (r < 0)
                return r;

        feed->record->state = RECORD_APPLIED;
        feed->record->duration_ms = duration_ms;
        feed->record->changes = changes;
        return 0;
}

static int feed_failed(const struct feed *feed)
{
        static const char *const endings[] = { "exit", "signal", "timeout" };
        const char *phase, *reason;
        int64_t ignored;
        int r;

        r = get_text(feed, "phase", &phase);
        if (r < 0)
                return r;
        r = get_text(feed, "reason", &reason);
        if (r < 0)
                return r;
        /* None of them where no program ended badly, but the disk was full, say. */
        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                r = get_optional_int(feed, endings[i], &ignored);
                if (r < 0)
                        return r;
        }
        return count_failure(feed->record, RECORD_FAILED, reason);
}

static int feed_interrupted(const struct feed *feed)
{
        return count_failure(feed->record, RECORD_INTERRUPTED, "interrupted");
}

static int feed_postponed(const struct feed *feed)
{
        feed->record->state = RECORD_POSTPONED;
        return 0;
}

static int feed_gave_up(const struct feed *feed)
{
        feed->record->state = RECORD_GAVE_UP;
        return 0;
}

static int feed_marked(const struct feed *feed)
{
        const char *as, *reason;
        int r;

        r = get_text(feed, "as", &as);
        if (r < 0)
                return r;
        r = get_text(feed, "reason", &reason);
        if (r < 0)
                return r;
        if (!streq(as, "applied") && !streq(as, "skipped"))
                return refuse_field(feed, "as", "\"applied\" or \"skipped\"");

        set_outcome(feed->record, streq(as, "applied") ? RECORD_APPLIED : RECORD_SKIPPED);
        feed->record->sha256[0] = '\0';
        feed->record->upgrade = feed->state->n_upgrades;
        return 0;
}

static int feed_retry(const struct feed *feed)
{
        for (size_t i = 0; i < feed->state->n_records; i++) {
                struct record *record = feed->state->records[i];

                if (record->state == RECORD_FAILED || record->state == RECORD_INTERRUPTED ||
                    record->state == RECORD_GAVE_UP)
                        set_outcome(record, RECORD_NONE);
                record->failures = 0;
        }
        return 0;
}

static int add_upgrade(struct history_state *state, const char *from)
{
        char **grown = array_grow(state->upgrades, state->n_upgrades, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        state->upgrades = grown;
        grown[state->n_upgrades] = strdup(from);
        return grown[state->n_upgrades] ? (state->n_upgrades++, 0) : -ENOMEM;
}

/* One that leads nowhere, as after an undo, is none whose changes could be undone. */
static int feed_completed(const struct feed *feed)
{
        struct history_state *state = feed->state;
        const char *from, *to;
        int r;

        r = get_text(feed, "from", &from);
        if (r < 0)
                return r;
        r = get_text(feed, "to", &to);
        if (r < 0)
                return r;

        r = streq(from, to) ? 0 : add_upgrade(state, from);
        if (r < 0)
                return r;
        state->from_argument = is_from_argument(feed);
        state->settled = true;
        return set_from(state, to, from);
}

/* The data is again at the version that the upgrade began with; where that was never completed it still is. */
static int feed_undone(const struct feed *feed)
{
        struct history_state *state = feed->state;
        struct record *record = feed->record;

        set_outcome(record, RECORD_NONE);
        record->sha256[0] = '\0';
        if (record->upgrade >= state->n_upgrades)
                return 0;
        return set_text(&state->from, state->upgrades[record->upgrade]);
}

static int feed_purged(const struct feed *feed)
{
        history_state_done(feed->state);
        feed->state->closed = true;
        return 0;
}

static const struct feed_kind kinds[] = {
        { "baseline", feed_baseline, false, FEED_ALWAYS },
        { "started", feed_started, true, FEED_NOTHING_UNFINISHED },
        { "satisfied", feed_satisfied, true, FEED_NOTHING_ELSE_UNFINISHED },
        { "committing", feed_committing, true, FEED_RUNNING },
        { "applied", feed_applied, true, FEED_NOTHING_ELSE_UNFINISHED },
        { "failed", feed_failed, true, FEED_NOTHING_ELSE_UNFINISHED },
        { "interrupted", feed_interrupted, true, FEED_RUNNING },
        { "postponed", feed_postponed, true, FEED_NOTHING_ELSE_UNFINISHED },
        { "gave-up", feed_gave_up, true, FEED_NOTHING_UNFINISHED },
        { "marked", feed_marked, true, FEED_ALWAYS },
        { "retry", feed_retry, false, FEED_ALWAYS },
        { "completed", feed_completed, false, FEED_NOTHING_UNFINISHED },
        { "undone", feed_undone, true, FEED_NOTHING_UNFINISHED },
        { "purged", feed_purged, false, FEED_ALWAYS },
};

static const struct feed_kind *feed_kind_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].name, name))
                        return &kinds[i];
        return NULL;
}

/* ---- One event ---- */

static bool record_is_unfinished(const struct record *record)
{
        return record->state == RECORD_RUNNING || record->state == RECORD_COMMITTING;
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
        return history_state_get(feed->state, id, &feed->record);
}

int history_feed(struct history_state *state, const struct dmig_event *event, struct error *error)
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
