/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Histories in a short notation. */

#include "basic/error.h"
#include "history/history-state.h"

/*
 * Feeds one event. @fields are those after "time", "boot" and "run", with ' instead of ", and @x for a SHA-256 of 64 times x.
 */
int events_feed(struct history_state *state, const char *fields, struct error *error);
/* Feeds events up to NULL; the test fails unless all are accepted. */
void events_feed_all(struct history_state *state, const char *const *fields);
/* Feeds a whole line, as it is. */
int events_feed_line(struct history_state *state, const char *line, struct error *error);
