/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file, and the one that was in its place. */

#include "changes/changes.h"

struct comparison {
        int lower; /* the directories that they are in */
        int upper;
        const char *name;
        struct stat before; /* all 0: nothing was there */
        struct stat after;
};

/* A time of modification in there comes from working, not from somebody who set it. */
struct window {
        struct timespec begin;
        struct timespec end;
};

/* From @begin until now. */
void window_init(struct window *window, struct timespec begin);
/*
 * Of what was there and is no directory. Returns: 1 with CHANGE_REPLACE or CHANGE_METADATA, 0 where nothing changed, or a
 * negative errno.
 */
int changes_compare_files(const struct comparison *comparison, const struct window *window, enum change_kind *ret);
/*
 * Returns: 1 where mode, owner or extended attributes differ, or the time of modification was set; else 0, or a negative errno. Without
 * @window times aren't looked at.
 */
int changes_compare_attributes(int lower, int upper, const struct window *window);
/* Opens a regular file, for which nobody has to wait, and which doesn't count as an access. */
int changes_compare_open(int dir, const char *path);
