/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories of an upper layer, and what each is merged with. In: the layer and what lies below it. Out: a tree of directories.
 * All of them are needed before the first file is looked at: only they tell what of the directories below was moved, not removed.
 */

#include "basic/io.h"
#include "changes/changes-list.h"

#include <dirent.h>

struct layer_dir {
        char *path;
        char *before; /* the directory below that it is merged with, or that it replaced; NULL: none */
        size_t parent;
        size_t child; /* the first of its directories; they stand side by side */
        size_t n_children;
        bool merged;
        bool moved;            /* merged with another one than its place says */
        bool judged;           /* its own attributes say something: it stayed what it was */
        bool entries;          /* something directly in it was made, removed or replaced */
        struct stat st_before; /* both where it is merged */
        struct stat st_after;
};

struct changes_layer {
        struct layer_dir *dirs; /* the first is the root; parents first */
        size_t n;
        const char **moved; /* sorted: where below those were that were moved */
        size_t n_moved;
};

/* Returns: 0, or a negative errno with @error set. */
int changes_layer_read(const struct changes_request *request, struct changes_layer *ret, struct error *error);
void changes_layer_done(struct changes_layer *layer);
/* Whether the directory @before, below, was moved. */
bool changes_layer_was_moved(const struct changes_layer *layer, const char *before);

/* "a" and "b" are "a/b"; "" and "b" are "b". */
int changes_layer_join(const char *directory, const char *name, char **ret);
/*
 * What is there under @name; @dir may be -EBADF. Returns: 1, 0 with all 0 where nothing is or a whiteout hides it, or a
 * negative errno.
 */
int changes_layer_stat(int dir, const char *name, struct stat *ret);
