/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The attempts of a migration to get out of its world, the answer to each, and why. */

#pragma once

#include "escape.h"

enum {
        CHECK = 1 << 0,     /* tried in check */
        MIGRATE = 1 << 1,   /* tried in migrate */
        TREE = 1 << 2,      /* the argument is a path, tried on the system and below --root */
        ONLY_TREE = 1 << 3, /* a path that is tried below --root only, if there is one */
        CONNECTS = 1 << 4,  /* only by the migration with "connect" */
        NETWORK = 1 << 5,   /* only by the migration with "network" */
        /* As TREE, but below --root in check only: to migrate that tree is one area, in which an undeclared change is found afterwards. */
        TREE_IN_CHECK = 1 << 6,
};

#define ANSWERS_MAX 4

struct attempt {
        const char *name;
        int (*run)(const char *argument);
        const char *argument;
        int when;
        int answers[ANSWERS_MAX]; /* errno: any of them, the first being 0 if it works; ENOSYS is as good as EPERM */
        const char *why;
};

extern const struct attempt attempts[];
