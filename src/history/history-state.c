/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-state.h"

#include "basic/array.h"

#include <json-c/linkhash.h>

static void record_free(struct record *record)
{
        free(record->id);
        free(record->reason);
        free(record->turn);
        free(record->reaches_out);
        free(record->consent);
        free(record);
}
DEFINE_CLEANUP(struct record *, record_free);

void history_state_done(struct history_state *state)
{
        assert(state);

        if (state->index)
                lh_table_free(state->index);
        for (size_t i = 0; i < state->n_records; i++)
                record_free(state->records[i]);
        free(state->records);
        free(state->from);
        free(state->origin);
        strv_done(&state->upgrades);
        *state = (struct history_state){ 0 };
}

static struct record *history_state_lookup(const struct history_state *state, const char *id)
{
        void *record;

        return state->index && lh_table_lookup_ex(state->index, id, &record) ? record : NULL;
}

const struct record *history_state_find(const struct history_state *state, const char *id)
{
        assert(state);
        assert(id);

        return history_state_lookup(state, id);
}

bool history_state_is_applied(const struct history_state *state, const char *id)
{
        const struct record *record = history_state_find(state, id);

        return record && record->state == RECORD_APPLIED;
}

static bool record_has_effect(const struct record *record)
{
        return record->state == RECORD_APPLIED || record->state == RECORD_SATISFIED;
}

bool history_state_has_effects(const struct history_state *state)
{
        assert(state);

        for (size_t i = 0; i < state->n_records; i++)
                if (record_has_effect(state->records[i]))
                        return true;
        return false;
}

bool record_has_consent(const struct record *record, const char *text)
{
        assert(record && text);

        return record->consent && (!record->consent[0] || streq(record->consent, text));
}

const struct record *history_state_unfinished(const struct history_state *state)
{
        assert(state);

        return state->unfinished;
}

static int history_state_add(struct history_state *state, const char *id, struct record **ret)
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

int history_state_get(struct history_state *state, const char *id, struct record **ret)
{
        struct record *record;

        assert(state);
        assert(id);
        assert(ret);

        record = history_state_lookup(state, id);
        if (!record)
                return history_state_add(state, id, ret);
        *ret = record;
        return 0;
}

/* ---- What happens to a record ---- */

void record_set_outcome(struct record *record, enum record_state outcome)
{
        assert(record);

        free(TAKE_PTR(record->reason));
        record->failures = 0;
        record->reopened = false;
        record->state = outcome;
        record->duration_ms = record->changes = -1;
}

int record_set_failure(struct record *record, enum record_state outcome, const char *reason, bool counts)
{
        assert(record);

        record->failures += counts;
        record->state = outcome;
        return str_replace(&record->reason, reason);
}

int record_postpone(struct record *record, const char *reason, const char *turn)
{
        int r;

        assert(record);

        record->state = RECORD_POSTPONED;
        r = str_set(&record->reason, reason);
        return r < 0 ? r : str_set(&record->turn, turn);
}

void record_reopen(struct record *record)
{
        assert(record);

        record->reopened = record_has_effect(record);
}

void record_retry(struct record *record)
{
        assert(record);

        if (record->state == RECORD_FAILED || record->state == RECORD_INTERRUPTED || record->state == RECORD_GAVE_UP)
                record_set_outcome(record, RECORD_NONE);
        record->failures = 0;
}

int record_set_reach(struct record *record, const char *reach)
{
        assert(record);

        return reach ? str_replace(&record->reaches_out, reach) : 0;
}

void record_clear_reach(struct record *record)
{
        assert(record);

        free(TAKE_PTR(record->reaches_out));
        record->reached_before = false;
}

int record_give_consent(struct record *record, const char *text)
{
        assert(record && text);

        if (record->state == RECORD_POSTPONED) /* as far as we know for want of it */
                record_set_outcome(record, RECORD_NONE);
        return str_replace(&record->consent, text);
}

void record_withdraw_consent(struct record *record)
{
        assert(record);

        free(TAKE_PTR(record->consent));
}

bool record_is_unfinished(const struct record *record)
{
        assert(record);

        return record->state == RECORD_RUNNING || record->state == RECORD_COMMITTING;
}

/* ---- What happens to the state ---- */

int history_state_set_from(struct history_state *state, const char *from, const char *origin)
{
        int r;

        assert(state);

        r = str_replace(&state->from, from);
        if (r < 0 || state->origin)
                return r;
        return str_replace(&state->origin, origin);
}
