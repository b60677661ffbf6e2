/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-state.h"

#include "basic/array.h"

#include <json-c/linkhash.h>

static void record_free(struct record *record)
{
        free(record->id);
        free(record->reason);
        free(record->reaches_out);
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
