/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The walk of an upper layer: each directory's entries are held against those below. In: the layer's directories. Out: changes, in no
 * order, as if no file could be moved or have two names; and what changes-match.h needs to find those.
 */

#include "changes/changes-compare.h"
#include "changes/changes-layer.h"

#define NO_CHANGE SIZE_MAX

/* A name of a file that has more of them in the upper layer, and is what it was below. */
struct changes_walk_name {
        char *path;
        char *before;
        size_t dir;    /* that it is in */
        size_t change; /* of its attributes, or NO_CHANGE */
        bool inner;
        struct stat st_before;
        struct stat st_after;
};

struct changes_walk {
        const struct changes_request *request;
        struct window window;
        struct changes_layer layer;
        struct changes changes;
        struct changes_walk_name *names;
        size_t n_names;
};

/* One directory of the layer (changes-visit.c). Returns: 0, or a negative errno. */
int changes_walk_visit(struct changes_walk *walk, struct layer_dir *dir);
/* Adds a change with copies of both paths; @from may be NULL, or the same. Returns: 0 or -ENOMEM. */
int changes_walk_add(struct changes_walk *walk, struct change change, const char *path, const char *from);
/* Adds CHANGE_ENTRIES, when all the others are known. Returns: 0 or -ENOMEM. */
int changes_walk_add_entries(struct changes_walk *walk);
void changes_walk_done(struct changes_walk *walk);
