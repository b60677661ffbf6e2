/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The migrations between two versions. In: a catalog, the state that a history adds up to, and a range of versions. Out: the steps in order,
 * each with its state. Pure.
 */

#include "catalog/catalog.h"
#include "catalog/consents.h"
#include "catalog/version-range.h"
#include "history/history-state.h"

struct plan_step {
        const char *id;                    /* of the catalog or of the history state, which must outlive the plan */
        const struct migration *migration; /* NULL if it is missing */
        const struct record *record;       /* NULL if the history has none, or a baseline has reopened it */
        enum dmig_state state;
        const char *consent; /* what is still to be agreed to, of the catalog; NULL: nothing */
        bool in_range;       /* belongs to this upgrade; the others are only for people to see */
};

/* Whether @step is left alone: it stays given up as long as its file is the one with @sha256. */
static inline bool plan_step_is_given_up(const struct plan_step *step, const char *sha256)
{
        return step->state == DMIG_STATE_GAVE_UP && streq(step->record->sha256, sha256);
}

struct plan {
        struct plan_step *steps; /* by version, then by number; missing ones last */
        size_t n_steps;
        size_t n_pending; /* steps that have still to be done: pending, failed, postponed or given up, and in range */
};

struct plan_request {
        const struct catalog *catalog;
        const struct history_state *state;
        const struct version_range *range;
        const struct consents *consents;
};

/*
 * Returns: 0, -ENOMEM, or -EBADMSG with @error set if the "since" of a manifest or a version in the history isn't valid. The steps:
 * - in range, in any state; a masked one is skipped;
 * - applied, satisfied or skipped according to the history, in range or not;
 * - at or below from, above the origin, and none of these: out of order, unless it is masked;
 * - applied or satisfied according to the history, and not in the catalog: missing.
 * What is at or below the origin and not in the history was there before us, and what is above to isn't due: both are left out.
 */
_must_check_ int plan_make(const struct plan_request *request, struct plan *ret, struct error *error);
void plan_done(struct plan *plan);
