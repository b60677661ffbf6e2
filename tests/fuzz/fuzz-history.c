/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * history: the lines of a history, fed to a state one by one. Each beginning of a history is a history, whose state the rest goes on from; lines that
 * are printed and read again give the same state.
 *
 * Covers: history/history-line.c history/history-feed.c history/feed-kinds.c history/history-state.c
 */

#include "fuzz.h"
#include "history/history-feed.h"
#include "history/history-line.h"

#define NAME "sample"

static bool text_is_same(const char *a, const char *b)
{
        return a && b ? streq(a, b) : a == b;
}

static bool record_is_same(const struct record *a, const struct record *b)
{
        return streq(a->id, b->id) && a->state == b->state && a->failures == b->failures &&
               a->reopened == b->reopened && a->upgrade == b->upgrade && streq(a->sha256, b->sha256) &&
               text_is_same(a->reason, b->reason) && text_is_same(a->reaches_out, b->reaches_out) &&
               text_is_same(a->consent, b->consent) && a->reached_before == b->reached_before &&
               a->duration_ms == b->duration_ms && a->changes == b->changes;
}

static void check_same(const struct history_state *a, const struct history_state *b)
{
        law(text_is_same(a->from, b->from) && text_is_same(a->origin, b->origin));
        law(a->from_argument == b->from_argument && a->closed == b->closed && a->settled == b->settled);
        law(a->upgrades.n == b->upgrades.n && a->n_records == b->n_records);
        for (size_t i = 0; i < a->upgrades.n; i++)
                law(streq(a->upgrades.list[i], b->upgrades.list[i]));
        for (size_t i = 0; i < a->n_records; i++)
                law(record_is_same(a->records[i], b->records[i]));
        law(!a->unfinished == !b->unfinished);
        law(!a->unfinished || streq(a->unfinished->id, b->unfinished->id));
}

/* What is true of every state. */
static void check_state(const struct history_state *state)
{
        size_t n_unfinished = 0;

        for (size_t i = 0; i < state->n_records; i++) {
                const struct record *record = state->records[i];

                law(history_state_find(state, record->id) == record);
                law(history_state_is_applied(state, record->id) == (record->state == RECORD_APPLIED));
                law(record->upgrade <= state->upgrades.n);
                n_unfinished += record_is_unfinished(record);
        }
        law(n_unfinished == (history_state_unfinished(state) ? 1 : 0));
        law(!state->closed || (state->n_records == 0 && !state->from));
        law(!state->from == !state->origin);
}

static void check_printed(struct history_state *printed, const struct dmig_event *event)
{
        _cleanup_(event_freep) struct dmig_event *again = NULL;
        _cleanup_free_ char *line = NULL;
        size_t size;

        law(history_line_format(event, &line, &size) == 0);
        law(size > 0 && line[size - 1] == '\n' && strlen(line) == size && memchr(line, '\n', size) == line + size - 1);
        law(history_line_parse(&(struct history_line){ NAME, line, size - 1 }, &again, NULL) == 0);
        law(history_feed(printed, again, NULL) == 0);

        /* A flipped bit is seen. */
        line[size / 2] ^= 4;
        event_free(TAKE_PTR(again));
        if (history_line_parse(&(struct history_line){ NAME, line, size - 1 }, &again, NULL) == 0)
                law(!strstr(line, "\"crc\""));
}

/* Returns: how many of the lines are a history. */
static size_t feed(struct history_state *state, struct history_state *printed, const uint8_t *data, size_t size,
                   size_t max)
{
        const uint8_t *end;
        size_t n;

        for (n = 0; n < max && size > 0 && (end = memchr(data, '\n', size)); n++) {
                const struct history_line line = { NAME, (const char *)data, (size_t)(end - data) };
                _cleanup_(event_freep) struct dmig_event *event = NULL;
                _cleanup_error_ struct error error = { 0 };

                if (history_line_parse(&line, &event, &error) < 0 || history_feed(state, event, &error) < 0) {
                        law(error.code == -EBADMSG && error.message);
                        break;
                }
                law(dmig_event_get_name(event) && dmig_event_get_time(event) > 0);
                check_state(state);
                if (printed)
                        check_printed(printed, event);
                size -= (size_t)(end + 1 - data);
                data = end + 1;
        }
        return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct history_state state = { 0 }, printed = { 0 }, beginning = { 0 };
        _cleanup_free_ char *exact = fuzz_allocate(size ?: 1);
        size_t n;

        memcpy(exact, data, size);
        n = feed(&state, &printed, (const uint8_t *)exact, size, SIZE_MAX);
        law(feed(&beginning, NULL, data, size, n) == n);
        check_same(&printed, &beginning);
        history_state_done(&beginning);
        law(feed(&beginning, NULL, data, size, n / 2) == n / 2);
        history_state_done(&state);
        history_state_done(&printed);
        history_state_done(&beginning);
        return 0;
}
