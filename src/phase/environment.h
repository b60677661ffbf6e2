/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A migration's program. In: a phase. Out: the arguments and the whole environment that the program gets. */

#include "basic/strv.h"
#include "phase/phase.h"

struct environment {
        struct strv argv;
        struct strv envp;
};

/* Returns: 0 or -ENOMEM. */
_must_check_ int environment_make(struct environment *ret, const struct phase *phase);
void environment_done(struct environment *environment);
