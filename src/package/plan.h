/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What lies between two versions. In: a catalog, the state that a history adds up to, and a range. Out: the steps, in
 * order, each with its state. Pure.
 */

#include "catalog/catalog.h"
#include "catalog/version-range.h"
#include "history/history-state.h"

struct plan_step {
        const char *id;                    /* of the catalog or of the history state, which must outlive the plan */
        const struct migration *migration; /* NULL when missing */
        const struct record *record;       /* NULL where the history has none */
        enum dmig_state state;
        bool in_range; /* belongs to this upgrade; the others are told for the sake of the administrator */
};

struct plan {
        struct plan_step *steps; /* by version, then by number; missing ones last */
        size_t n_steps;
        size_t n_pending; /* steps that have still to be done: pending, failed, postponed or given up, and in range */
};

/*
 * Returns: 0 or -ENOMEM, or -EBADMSG with @error set where a manifest's "since", or a version in the history, is none.
 * Steps:
 * - in range, in any state; a masked one is skipped;
 * - applied, satisfied or skipped by the history, wherever it lies;
 * - behind from, above the origin, and not so in the history: out-of-order, if it isn't masked;
 * - in the history as applied or satisfied, and not in the catalog: missing.
 * What lies behind the origin and isn't in the history was there before us, and what lies above to isn't due: both are
 * left out.
 */
int plan_make(const struct catalog *catalog, const struct history_state *state, const struct version_range *range,
              struct plan *ret, struct error *error);
void plan_done(struct plan *plan);
