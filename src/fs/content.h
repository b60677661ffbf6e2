/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is in files: compared, and copied from one file system to another. */

#include "basic/error.h"
#include "fs/attributes.h"

/* From their begins, of regular files that are open for reading. Returns: 1 when the same, 0 when not, or a negative errno. */
int content_equal(int a, int b);
/*
 * Into a file that is empty and open for writing: holes stay holes, blocks are shared where the file system can (ioctl_ficlone(2)).
 * Returns: 0, or a negative errno.
 */
int content_copy(int from, int to);

/* Names of one file stay names of one file in a copy; one for all copies that belong together. */
struct links;
int links_new(struct links **ret);
struct links *links_free(struct links *links);
DEFINE_CLEANUP(struct links *, links_free);

struct copy {
        int from_dir; /* as in below.h */
        const char *from;
        int to_dir;
        const char *to; /* must not exist */
        struct links *links;
};

/*
 * Copies a file of any type, a directory with all that is in it: owner, mode, time of modification and extended attributes are
 * the same. Whiteouts and trusted.overlay.* are left out. Nothing is synced. Returns: 0, or a negative errno with @error set to the
 * path that could not be read or written; what was made is left there.
 */
int content_copy_tree(const struct copy *copy, struct error *error);
