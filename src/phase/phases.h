/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A migration's phases in their order, as a run and a preview have them in common. In: a phase without name, time limit and kind, which are
 * filled in. Out: how the last program that was run ended.
 */

#include "phase/phase.h"

/* Is the effect there already? In @ret: OUTCOME_TRUE, OUTCOME_FALSE, or why that isn't known. Returns: as phase_execute(). */
_must_check_ int phases_check(struct phase *phase, struct ending *ret, struct error *error);
/*
 * Runs migrate, then check, which must find the effect now. In @ret: OUTCOME_TRUE, or why it isn't there; in @ret_duration_ms how long
 * migrate took. There is nothing to do meanwhile. Returns: 0 or -ENOMEM.
 */
_must_check_ int phases_migrate(struct phase *phase, int64_t *ret_duration_ms, struct ending *ret);
