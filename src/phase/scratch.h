/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a check with "check_scratch" writes. In: the phase, and the stage that it sees, if any. Out: one more stage on top, which is thrown
 * away. After a crash a recovery finds it where the migration's own stage would be.
 */

#include "phase/phase.h"

struct scratch {
        int dir;           /* that has the stage; borrowed */
        const char *name;  /* of the stage in it; NULL: there is none */
        struct areas *own; /* if there was no stage below, which has areas */
        struct stage *stage;
};

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int scratch_make(const struct phase *phase, struct scratch *ret, struct error *error);
/* Nothing may see the stage any more. */
void scratch_done(struct scratch *scratch);
