/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Histories written down shortly. */

#include "basic/error.h"
#include "history/history-state.h"

/*
 * Feeds one event: the fields behind "time", "boot" and "run" of its line, with ' for " and with @x for a SHA-256 of 64 times x.
 */
int events_feed(struct history_state *state, const char *fields, struct error *error);
/* Feeds those up to NULL, each of which must be accepted. */
void events_feed_all(struct history_state *state, const char *const *fields);
/* Feeds a whole line, as it is. */
int events_feed_line(struct history_state *state, const char *line, struct error *error);
