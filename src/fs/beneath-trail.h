/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Opens many paths beneath one directory, most of them near the last one. In: a directory, and paths in the order of a walk. Out: file
 * descriptors, as by beneath_open(). Directories on the way to the last path stay open, so that a path of thousands of names isn't looked
 * up from its beginning each time.
 */

#include "fs/beneath.h"

struct beneath_trail {
        int dir;    /* where all paths begin; not owned */
        char *path; /* of the innermost open directory */
        struct beneath_mark *marks;
        size_t n;
};

/* Makes the trail begin at @dir, unless it does. */
void beneath_trail_enter(struct beneath_trail *trail, int dir);
void beneath_trail_done(struct beneath_trail *trail);
#define _cleanup_trail_ _cleanup_(beneath_trail_done)

/* As beneath_open(), beneath_open_entries() and beneath_is_fixed(). */
_must_check_ int beneath_trail_open(struct beneath_trail *trail, const char *path, int flags);
_must_check_ int beneath_trail_open_entries(struct beneath_trail *trail, const char *path, DIR **ret);
_must_check_ int beneath_trail_is_fixed(struct beneath_trail *trail, const char *path);
