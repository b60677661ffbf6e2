/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each kind of event does to the state of a history. In: an event that may follow. Out: the state after it. Pure. */

#include "history/history-state.h"

/*
 * Returns: 0, -EBADMSG with @error set where @event can't follow or lacks a field, or -ENOMEM. On failure @state is good
 * for history_state_done() only.
 */
int history_feed(struct history_state *state, const struct dmig_event *event, struct error *error);
