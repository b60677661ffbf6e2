/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where a migration's changes can be prepared. In: the paths that manifests declare. Out: the directories over which overlays
 * have to lie, so that each declared path can be changed in any way that it could be changed in directly: also be made where it is
 * missing, replaced, renamed or removed.
 *
 * So an area's root is the directory that a declared path lies in, or a mount point that is declared or lies below a declared
 * directory: a mount point can't be renamed or removed in any case, and an overlay doesn't see what is mounted below it. What is
 * mounted read-only has no area, nor has a link that lies directly in "/": they stay as they are.
 */

#include "basic/error.h"
#include "basic/root.h"

struct area {
        char *path;      /* of its root, as the system knows it */
        int fd;          /* the real directory, O_RDONLY | O_DIRECTORY */
        char **declared; /* what may be changed, below the root; "" is everything; ended by NULL */
        size_t n_declared;
        char **mounts; /* below the root, relative, topmost ones only, which aren't areas: stay as they are; ended by NULL */
        size_t n_mounts;
};

struct areas {
        struct area *areas; /* sorted by path, so that what is nested comes behind what it lies in */
        size_t n;
};

/*
 * @writes: absolute, normalised, ended by NULL, NULL itself if there are none; more than one migration's together for a preview. A symbolic link that is declared
 * stands for itself and for what it leads to. Parents that are missing belong to the declared path below them.
 * Returns: 0, or a negative errno with @error set to what can't be prepared, why, and what to declare instead: a path directly
 * in "/" that is no directory; one that contains, is or leads to STATE_DIR (below @root); a mount of a single file; a writable pseudo
 * file system.
 */
int areas_new(const struct root *root, char *const *writes, struct areas **ret, struct error *error);
struct areas *areas_free(struct areas *areas);
DEFINE_CLEANUP(struct areas *, areas_free);

/* Narrows what may be changed to @writes, a part of those that the areas were made for. Returns: as areas_new(). */
int areas_declare(struct areas *areas, const struct root *root, char *const *writes, struct error *error);
/* Whether @path, below the root of @area, was declared. */
bool area_allows(const struct area *area, const char *path);
/* Whether a declared path lies below @path: it has to be there for that one to be. */
bool area_leads_to_declared(const struct area *area, const char *path);
