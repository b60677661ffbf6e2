/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/feed-kinds.h"

/* ---- Fields ---- */

int feed_refuse_field(const struct feed *feed, const char *field, const char *wanted)
{
        return error_setf(feed->error, -EBADMSG, "\"%s\": \"%s\" must be %s", feed->kind->name, field, wanted);
}

static int feed_get_sha256(const struct feed *feed, const char **ret)
{
        const char *text = dmig_event_get_string(feed->event, "sha256");

        if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
                return feed_refuse_field(feed, "sha256", "64 hexadecimal digits");
        *ret = text;
        return 0;
}

/* Returns: 1 if the field is a number, 0 if it is missing or null, -EBADMSG if it is anything else. */
static int feed_get_optional_int(const struct feed *feed, const char *field, int64_t *ret)
{
        if (!json_object_object_get(feed->event->object, field))
                return 0;
        if (dmig_event_get_int(feed->event, field, ret) < 0)
                return feed_refuse_field(feed, field, "a whole number");
        return 1;
}

/* ---- Kinds ---- */

static bool feed_is_from_argument(const struct feed *feed)
{
        const char *source = dmig_event_get_string(feed->event, "to_source");

        return source && (streq(source, "argument") || streq(source, "file"));
}

static int feed_baseline(const struct feed *feed)
{
        const char *version = feed->strings[0], *source = feed->strings[1];

        /* A version that the administrator gave doesn't say whether dpkg has the package, unless the installed one was given, too. */
        if (!streq(source, "argument") || feed_is_from_argument(feed))
                feed->state->from_argument = feed_is_from_argument(feed);
        feed->state->settled = true;
        if (dmig_event_get_string(feed->event, "reopens"))
                for (size_t i = 0; i < feed->state->n_records; i++)
                        record_reopen(feed->state->records[i]);
        free(TAKE_PTR(feed->state->origin)); /* the history begins anew here */
        return history_state_set_from(feed->state, version, version);
}

static int feed_started(const struct feed *feed)
{
        struct record *record = feed->record;
        const char *sha256 = NULL;
        int64_t attempt;
        int r;

        r = feed_get_optional_int(feed, "attempt", &attempt);
        if (r == 0)
                return feed_refuse_field(feed, "attempt", "a whole number");
        if (r < 0)
                return r;
        r = feed_get_sha256(feed, &sha256);
        if (r < 0)
                return r;

        assert(sha256);
        if (!streq(record->sha256, sha256))
                record->failures = 0;
        strcpy(record->sha256, sha256);
        record->state = RECORD_RUNNING;
        record->reopened = false;
        record->reached_before = record->reaches_out;
        return record_set_reach(record, dmig_event_get_string(feed->event, "reaches_out"));
}

static int feed_settle(const struct feed *feed, enum record_state outcome)
{
        const char *sha256 = NULL;
        int r;

        r = feed_get_sha256(feed, &sha256);
        if (r < 0)
                return r;
        assert(sha256);
        record_set_outcome(feed->record, outcome);
        strcpy(feed->record->sha256, sha256);
        feed->record->upgrade = feed->state->upgrades.n;
        return 0;
}

static int feed_satisfied(const struct feed *feed)
{
        int r = feed_settle(feed, RECORD_SATISFIED);

        if (r >= 0 && !feed->record->reached_before)
                record_clear_reach(feed->record); /* no more than its check was run */
        return r;
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

        r = feed_get_optional_int(feed, "duration_ms", &duration_ms);
        if (r >= 0)
                r = feed_get_optional_int(feed, "changes", &changes);
        if (r < 0)
                return r;
        r = feed_settle(feed, RECORD_APPLIED);
        if (r < 0)
                return r;

        feed->record->duration_ms = duration_ms;
        feed->record->changes = changes;
        return record_set_reach(feed->record, dmig_event_get_string(feed->event, "reaches_out"));
}

/* A failure with a cause isn't the migration's own. */
static bool feed_counts(const struct feed *feed)
{
        return !dmig_event_get_string(feed->event, "cause");
}

static int feed_failed(const struct feed *feed)
{
        static const char *const endings[] = { "exit", "signal", "timeout" };
        int64_t ignored;
        int r;

        /* None of them is there if no program failed, but the disk was full, say. */
        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                r = feed_get_optional_int(feed, endings[i], &ignored);
                if (r < 0)
                        return r;
        }
        return record_set_failure(feed->record, RECORD_FAILED, feed->strings[1], feed_counts(feed));
}

static int feed_interrupted(const struct feed *feed)
{
        return record_set_failure(feed->record, RECORD_INTERRUPTED, "interrupted", feed_counts(feed));
}

/* Older versions recorded no reason. */
static int feed_postponed(const struct feed *feed)
{
        return record_postpone(feed->record, dmig_event_get_string(feed->event, "reason"),
                               dmig_event_get_string(feed->event, "turn"));
}

static int feed_gave_up(const struct feed *feed)
{
        feed->record->state = RECORD_GAVE_UP;
        return 0;
}

static int feed_marked(const struct feed *feed)
{
        const char *as = feed->strings[0];

        if (!streq(as, "applied") && !streq(as, "skipped"))
                return feed_refuse_field(feed, "as", "\"applied\" or \"skipped\"");

        record_set_outcome(feed->record, streq(as, "applied") ? RECORD_APPLIED : RECORD_SKIPPED);
        feed->record->sha256[0] = '\0';
        feed->record->upgrade = feed->state->upgrades.n;
        return 0;
}

static int feed_retry(const struct feed *feed)
{
        for (size_t i = 0; i < feed->state->n_records; i++)
                record_retry(feed->state->records[i]);
        return 0;
}

/* If both versions are the same, as after an undo, there is no upgrade whose changes could be undone. */
static int feed_completed(const struct feed *feed)
{
        struct history_state *state = feed->state;
        const char *from = feed->strings[0], *to = feed->strings[1];
        int r;

        r = streq(from, to) ? 0 : strv_add(&state->upgrades, from);
        if (r < 0)
                return r;
        state->from_argument = feed_is_from_argument(feed);
        state->settled = true;
        return history_state_set_from(state, to, from);
}

/* To a text, since a later version of the migration may ask for more. */
static int feed_consent(const struct feed *feed)
{
        const char *text = dmig_event_get_string(feed->event, "text");

        return record_give_consent(feed->record, text ? text : "");
}

/* The data is back at the version that the upgrade began with; if the upgrade was never completed, it still is at that version. */
static int feed_undone(const struct feed *feed)
{
        struct history_state *state = feed->state;
        struct record *record = feed->record;

        record_set_outcome(record, RECORD_NONE);
        record_clear_reach(record);
        record_withdraw_consent(record);
        record->sha256[0] = '\0';
        if (record->upgrade >= state->upgrades.n)
                return 0;
        return str_replace(&state->from, state->upgrades.list[record->upgrade]);
}

static int feed_purged(const struct feed *feed)
{
        history_state_done(feed->state);
        feed->state->closed = true;
        return 0;
}

static const struct feed_kind kinds[] = {
        { "baseline", feed_baseline, false, FEED_ALWAYS, { "version", "source" } },
        { "started", feed_started, true, FEED_NOTHING_UNFINISHED, { NULL } },
        { "satisfied", feed_satisfied, true, FEED_NOTHING_ELSE_UNFINISHED, { NULL } },
        { "committing", feed_committing, true, FEED_RUNNING, { NULL } },
        { "applied", feed_applied, true, FEED_NOTHING_ELSE_UNFINISHED, { NULL } },
        { "failed", feed_failed, true, FEED_NOTHING_ELSE_UNFINISHED, { "phase", "reason" } },
        { "interrupted", feed_interrupted, true, FEED_RUNNING, { NULL } },
        { "postponed", feed_postponed, true, FEED_NOTHING_ELSE_UNFINISHED, { NULL } },
        { "gave-up", feed_gave_up, true, FEED_NOTHING_UNFINISHED, { NULL } },
        { "marked", feed_marked, true, FEED_ALWAYS, { "as", "reason" } },
        { "retry", feed_retry, false, FEED_ALWAYS, { NULL } },
        { "consent", feed_consent, true, FEED_ALWAYS, { NULL } },
        { "completed", feed_completed, false, FEED_NOTHING_UNFINISHED, { "from", "to" } },
        { "undone", feed_undone, true, FEED_NOTHING_UNFINISHED, { NULL } },
        { "purged", feed_purged, false, FEED_ALWAYS, { NULL } },
};

const struct feed_kind *feed_kind_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].name, name))
                        return &kinds[i];
        return NULL;
}
