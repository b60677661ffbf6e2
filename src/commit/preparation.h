/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the parts of the first half of a commit share: commit-prepare.c, commit-plan.c and commit-fill.c. */

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

void preparation_done(struct preparation *p);
/* Sets @error to what can't be prepared. Returns: @r. */
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
