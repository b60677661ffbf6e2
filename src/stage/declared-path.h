/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What manifests declare, as the system knows it. In: absolute paths below a root. Out: the same with all links followed that are
 * on the way, where there is something and where not yet.
 */

#include "basic/error.h"
#include "basic/root.h"

struct declared_path {
        char *path;   /* of the system; a link at its end isn't followed */
        char *parent; /* the directory that it lies in, or the nearest that exists on the way to it */
        mode_t type;  /* S_IFDIR, S_IFLNK, ... of what is there; 0 where nothing is */
};

struct declared_paths {
        struct declared_path *paths; /* none lies in another one */
        size_t n;
};

/*
 * A symbolic link stands for itself and for what it leads to. Returns: 0, or a negative errno with @error set to what can't be
 * declared, why, and what to declare instead.
 */
int declared_paths_resolve(const struct root *root, char *const *writes, struct declared_paths **ret,
                           struct error *error);
struct declared_paths *declared_paths_free(struct declared_paths *declared);
DEFINE_CLEANUP(struct declared_paths *, declared_paths_free);
