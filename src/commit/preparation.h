/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of a commit that is being prepared, shared by commit-prepare.c, commit-check.c, commit-plan.c, commit-fill.c and commit-note.c. */

#include "commit/commit.h"
#include "fs/beneath-trail.h"
#include "fs/content.h"

#define HOLD_PREFIX ".deploy-migrate." /* of the names of holds */

struct preparation {
        const struct commit_place *place;
        const struct stage *stage;
        struct redo *redo;
        int *slots;           /* for each area the directory with its slots; -EBADF if nothing changes there */
        struct links **links; /* for each area, of the copies into its hold */
        struct beneath_trail lower, upper; /* of the area whose attributes are read */
        int images;                        /* the slots in the transaction's directory */
        struct links *copied;              /* of the copies into them */
        unsigned *numbers;                 /* for each change its slot, if it needs one */
};

int preparation_init(struct preparation *p, const struct commit_place *place, const struct stage *stage,
                     struct redo *redo);
void preparation_done(struct preparation *p);
/* Sets @error to the change that can't be prepared. Returns: @r. */
int preparation_explain(const struct preparation *p, const struct change *change, int r, struct error *error);

/* Whether a file leaves its path, to be moved or removed. */
static inline bool change_is_detached(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_MOVE);
}

/* Whether a new file comes from the stage. */
static inline bool change_is_made(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE);
}
