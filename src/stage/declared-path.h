/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The paths that manifests declare. In: absolute paths below a root. Out: the same as paths of the system, with all symbolic links on
 * the way followed, whether they exist or not.
 */

#include "basic/error.h"
#include "basic/root.h"
#include "stage/mountinfo.h"

struct declared_path {
        char *path;   /* of the system; a symbolic link at its end isn't followed */
        char *parent; /* the directory that contains it, or the nearest existing one on the way */
        mode_t type;  /* S_IFDIR, S_IFLNK, ...; 0 if it doesn't exist */
};

struct declared_paths {
        struct declared_path *paths; /* none is below another one */
        size_t n;
};

struct declared_request {
        const struct root *root;
        const struct mountinfo *mounts; /* as they are now: none that a user made is entered */
        char *const *writes;            /* below the root */
};

/*
 * A symbolic link means itself and its target. Returns: 0, or a negative errno with @error set to the path that can't be declared, why,
 * and what to declare instead.
 */
_must_check_ int declared_paths_resolve(const struct declared_request *request, struct declared_paths **ret,
                                        struct error *error);
struct declared_paths *declared_paths_free(struct declared_paths *declared);
DEFINE_CLEANUP(struct declared_paths *, declared_paths_free);
