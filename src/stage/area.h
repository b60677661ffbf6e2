/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Areas: the directories that get an overlay each, in which a migration's changes are prepared. In: the paths that manifests declare.
 * Out: the fewest areas in which each declared path can be changed in every way that it could be changed directly: created, replaced,
 * renamed and removed, too.
 *
 * So an area's root is a directory as far up as an overlay can be: the migration's root directory, or if that is "/" a directory in it; or
 * a mount point below it that a declared path is on, since an overlay doesn't include the file systems that are mounted below it. What
 * is changed in an area beside the declared paths is found in the stage (changes.h). A subvolume of btrfs counts as mounted where it is,
 * because no rename leaves it. A read-only mount has no area, nor has a mount of a
 * user (fusermount(1)) or a symbolic link directly in "/": they stay unchanged.
 */

#include "basic/error.h"
#include "basic/path.h"
#include "basic/root.h"
#include "basic/strv.h"
#include "stage/mountinfo.h"

struct area {
        char *path;           /* of its root, with all links resolved */
        int fd;               /* the real directory, O_RDONLY | O_DIRECTORY */
        struct strv declared; /* relative paths that may be changed; "" is the whole area */
        struct strv
                mounts; /* relative paths of mount points in it that aren't areas, outermost ones only: they stay unchanged */
};

struct areas {
        struct area *areas; /* sorted by path, so that a nested area comes after the one that it is in */
        size_t n;
};

struct areas_request {
        const struct root *root;
        char *const *writes;
        struct mountinfo **mounts; /* that an earlier call has left, or NULL in it; NULL: none is left */
};

/*
 * @writes are absolute, normalised paths, ended by NULL; NULL is an empty list; for a preview, those of several migrations. A declared
 * symbolic link means itself and its target. Missing parents belong to the declared path below them.
 * Returns: 0, or a negative errno with @error set to the path that can't be prepared, why, and what to declare instead: a path directly
 * in "/" that isn't a directory; one that contains, is or leads to STATE_DIR (below @root); a single file that is a mount point; a writable
 * pseudo file system.
 */
_must_check_ int areas_find_out(const struct areas_request *request, struct areas **ret, struct error *error);
_must_check_ int areas_new(const struct root *root, char *const *writes, struct areas **ret, struct error *error);
struct areas *areas_free(struct areas *areas);
DEFINE_CLEANUP(struct areas *, areas_free);

/* Narrows what may be changed to @writes, a subset of those that the areas were made for (stage_declare()). Returns: as areas_new(). */
_must_check_ int areas_declare(struct areas *areas, const struct root *root, char *const *writes, struct error *error);
/* Adds the absolute path of everything that may be changed. Returns: 0 or -ENOMEM. */
_must_check_ int areas_list_declared(const struct areas *areas, struct strv *ret);
/* Whether @path, relative to the root of @area, may be changed. */
bool area_allows(const struct area *area, const char *path);
/* Whether a declared path is below @path, so that @path must exist for it to exist. */
bool area_leads_to_declared(const struct area *area, const char *path);
