/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Compares a file with the one that was in its place. In: the two, in their directories. Out: the kind of change, if there is one. */

#include "changes/changes.h"

struct comparison {
        int lower; /* the directory of each */
        int upper;
        const char *name;
        struct stat before; /* all 0 if it didn't exist */
        struct stat after;
        struct change_original original; /* with the details if it is CHANGE_METADATA, and no symbolic link */
        struct change_details details_before;
        struct change_details details_after;
};

/* A modification time within it results from a write; one outside was set on purpose. */
struct mtime_window {
        struct timespec begin;
        struct timespec end;
};

/* From @begin until now. */
void mtime_window_init(struct mtime_window *window, struct timespec begin);
/*
 * For a file that existed, and is no directory. Returns: 1 with CHANGE_REPLACE or CHANGE_METADATA, 0 if nothing changed, or a negative
 * errno.
 */
int changes_compare_files(struct comparison *comparison, const struct mtime_window *window, enum change_kind *ret);
/*
 * Returns: 1 if mode, owner or extended attributes differ, or the modification time was set on purpose; else 0, or a negative errno. If
 * @window is NULL, times are ignored.
 */
int changes_compare_attributes(int lower, int upper, const struct mtime_window *window);
/* Opens a regular file to read its content, without changing its access time or waiting for a lease on it. */
int changes_open_content(int dir, const char *path);
