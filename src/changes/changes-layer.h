/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories of an upper layer, and what each is merged with. In: the upper layer and the lower directory. Out: a tree of
 * directories. All of them are read before the first file is compared, since only they tell which lower directories were moved and which
 * removed.
 */

#include "basic/io.h"
#include "changes/changes-list.h"
#include "fs/beneath-trail.h"

#include <dirent.h>

struct layer_dir {
        char *path;
        char *before; /* the lower directory that it is merged with or replaces; NULL: none */
        size_t parent;
        size_t child; /* its first subdirectory; the others follow it */
        size_t n_children;
        bool merged;
        bool moved;            /* merged with a directory from another path */
        bool compared;         /* its attributes are compared with those of @before */
        bool entries;          /* something directly in it was made, removed or replaced */
        struct stat st_before; /* both are set if @compared */
        struct stat st_after;
};

struct changes_layer {
        struct layer_dir *dirs; /* the first is the root; parents first */
        size_t n;
        const char **moved; /* the old paths of moved directories, sorted */
        size_t n_moved;
};

/* The two layers of a request, to open paths in. */
struct layer_trails {
        struct beneath_trail upper, lower;
};

void layer_trails_done(struct layer_trails *trails);

/* Returns: 0, or a negative errno with @error set. */
int changes_layer_read(const struct changes_request *request, struct layer_trails *trails, struct changes_layer *ret,
                       struct error *error);
void changes_layer_done(struct changes_layer *layer);
/* Whether the lower directory @before was moved. */
bool changes_layer_was_moved(const struct changes_layer *layer, const char *before);
/*
 * @dir may be -EBADF: then nothing exists. Returns: 1, 0 with @ret all 0 if @name doesn't exist or is a whiteout, or a negative
 * errno.
 */
int changes_layer_stat(int dir, const char *name, struct stat *ret);
