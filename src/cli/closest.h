/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a mistyped word may have meant. In: the word, then each word that there is. Out: the one that is closest. Pure. */

#include <stddef.h>

struct closest {
        const char *word;
        const char *found; /* NULL: none is close */
        size_t distance;   /* of that: letters added, left out, replaced, or exchanged with their neighbour */
};

/* Keeps @candidate if it is closer than those before. */
void closest_consider(struct closest *closest, const char *candidate);
