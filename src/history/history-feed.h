/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only place where state is derived. In: the events of a history, one by one, oldest first. Out: the state after each. Pure. */

#include "basic/error.h"
#include "history/history-state.h"

/*
 * Returns: 0, -EBADMSG with @error set if @event can't follow or has a bad field, or -ENOMEM. After a failure @state is only good for
 * history_state_done().
 */
_must_check_ int history_feed(struct history_state *state, const struct dmig_event *event, struct error *error);
