/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The first half of a commit, in parts: what has to be renamed and which attributes to be set (commit-plan.c), and what waits in
 * slots for that (commit-slots.c).
 */

#include "commit/commit.h"
#include "fs/content.h"

struct preparation {
        const struct commit_place *place;
        const struct stage *stage;
        struct redo *redo;
        int *slots;           /* one an area, -EBADF where nothing changes */
        struct links **links; /* of copies into holds, likewise */
        int images;           /* our own slots */
        struct links *copied; /* of copies into them */
        unsigned *numbers;    /* of each change its slot, where it needs one */
};

/* Fills in the attributes, renames and slot numbers of @p->redo. Returns: 0, or a negative errno with @error set. */
int preparation_plan(struct preparation *p, struct error *error);
/* Fills the slots, for which the upper layers are used up. Returns: 0, or a negative errno with @error set. */
int preparation_fill(struct preparation *p, struct error *error);

/* Sets @error to what can't be staged. Returns: @r. */
int preparation_explain(const struct preparation *p, const struct change *change, int r, struct error *error);

/* It leaves its place. */
static inline bool change_is_detached(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_MOVE);
}

/* It is new at its place, and comes from the stage. */
static inline bool change_is_made(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE);
}
