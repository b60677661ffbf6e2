/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files with several names in a stage. In: the overlays that a program has just written to, which keep the names of a file together
 * (index=on) as long as they are mounted. Out: upper layers that have all declared names of each such file, if they have one of them,
 * so that its names are still together when other overlays are mounted over them.
 */

#include "stage/stage.h"

/* Whether there are files to be joined. Returns: 1, 0 or a negative errno. */
_must_check_ int hard_links_are_copied(const struct stage *stage);
/* Must follow migrate, before the overlays are gone, but nothing may be mounted in them. Returns: 0, or a negative errno with @error set. */
_must_check_ int hard_links_join(const struct stage *stage, const struct stage_mounts *mounts, struct error *error);
/* Whether the area's overlay kept names together: the file system beneath may not be able to (FUSE; a user name space). */
bool hard_links_were_kept(const struct stage *stage, size_t area);
/*
 * Whether the file @path of an upper layer isn't the one that was beneath it, written to in place, but another one. @lower: any directory
 * of the file system beneath; @st: of the file there, which has several names. Returns: 1, 0 also if the file system can't tell, or a negative
 * errno.
 */
_must_check_ int hard_links_is_other(int upper, const char *path, int lower, const struct stat *st);
