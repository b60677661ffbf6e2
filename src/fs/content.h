/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The content of files and trees: compared, and copied, also from one file system to another. */

#include "basic/error.h"
#include "fs/attributes.h"

/* Compares regular files, open for reading, from their start. Returns: 1 if they are equal, 0 if not, or a negative errno. */
_must_check_ int content_equal(int a, int b);
/* The same for two files that have that size. */
_must_check_ int content_equal_size(int a, int b, off_t size);
/*
 * Copies into an empty file that is open for writing. Holes stay holes; blocks are shared if the file system can (ioctl_ficlone(2)).
 * Returns: 0, or a negative errno.
 */
_must_check_ int content_copy(int from, int to);

/* Hard links that were copied so far, so that the copies are hard links of each other, too. One serves all copies that belong together. */
struct links;
_must_check_ int links_new(struct links **ret);
struct links *links_free(struct links *links);
DEFINE_CLEANUP(struct links *, links_free);

struct copy {
        int from_dir; /* paths beneath a directory, as in beneath.h */
        const char *from;
        int to_dir;
        const char *to; /* must not exist */
        struct links *links;
};

/*
 * Copies a file of any type, a directory recursively, with owner, mode, modification time and extended attributes. Whiteouts and
 * trusted.overlay.* are left out. Nothing is synced. Returns: 0, or a negative errno with @error set to the path that can't be copied; a
 * partial copy stays.
 */
_must_check_ int content_copy_tree(const struct copy *copy, struct error *error);
