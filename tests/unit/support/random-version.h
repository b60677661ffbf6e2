/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Random package versions, mostly unusual ones, and random numbers to make them of. */

#include "dpkg-oracle.h"

struct random {
        unsigned long seed;
        unsigned short state[3];
};

/* Uses another seed in each run, unless the environment sets TEST_SEED. */
void random_init(struct random *ret);
/* Returns: a number below @n. */
size_t random_pick(struct random *random, size_t n);
/* Makes two versions that dpkg can split. Mostly the second is the first with a few changes. */
void random_version_pair(struct random *random, struct version_pair *ret);
