/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The arguments and the environment that a migration's program gets, and nothing else. */

#include "api/phase.h"

struct environment {
        char **argv;
        char **envp;
};

/* Returns: 0 or -ENOMEM. */
int environment_make(struct environment *ret, const struct phase *phase);
void environment_done(struct environment *environment);
