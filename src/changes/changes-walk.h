/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The walk of an upper layer: the entries of each directory are compared with the lower ones. In: the layer's directories. Out: unsorted
 * changes, with each move still two changes and each hard link a new file; and what changes-match.h needs to recognise those.
 */

#include "changes/changes-compare.h"
#include "changes/changes-layer.h"

#define NO_CHANGE SIZE_MAX

/* A name of a file that has several in the upper layer, and whose content didn't change. */
struct linked_name {
        char *path;
        char *before;
        size_t dir;    /* the layer's directory that it is in */
        size_t change; /* of its attributes, or NO_CHANGE */
        bool inner;
        struct stat st_before;
        struct stat st_after;
};

struct changes_walk {
        const struct changes_request *request;
        struct layer_trails trails;
        struct mtime_window window;
        struct changes_layer layer;
        struct changes changes;
        struct linked_name *names;
        size_t n_names;
};

/* Compares one directory of the layer (changes-visit.c). Returns: 0, or a negative errno. */
int changes_walk_visit(struct changes_walk *walk, struct layer_dir *dir);
/* Adds a change with copies of both paths; @from may be NULL or the same as @path. Returns: 0 or -ENOMEM. */
int changes_walk_add(struct changes_walk *walk, struct change change, const char *path, const char *from);
/* Adds CHANGE_ENTRIES for the directories in which something changed, once all other changes are known. Returns: 0 or -ENOMEM. */
int changes_walk_add_entries(struct changes_walk *walk);
void changes_walk_done(struct changes_walk *walk);
