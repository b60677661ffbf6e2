/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Random package versions, the nastier the better, and random numbers to make them of. */

#include "dpkg-oracle.h"

struct random {
        unsigned long seed;
        unsigned short state[3];
};

/* Another seed for each run, unless the environment gives one as TEST_SEED. */
void random_init(struct random *ret);
/* Returns: a number below @n. */
size_t random_pick(struct random *random, size_t n);
/* Two versions that dpkg can split. Mostly one is made of the other, by a few changes. */
void random_version_pair(struct random *random, struct version_pair *ret);
