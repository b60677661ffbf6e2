/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trees on different file systems, which can behave differently. Needs root. */

#include "tree.h"

/* For loop tests. */
enum filesystem {
        FILESYSTEM_DEFAULT, /* below $TMPDIR */
        FILESYSTEM_TMPFS,   /* in a mount namespace of the test's own, with which it ends */
        N_FILESYSTEMS,
};

/* Makes an empty tree on the file system, or fails the test. */
struct root filesystem_new(enum filesystem filesystem);
/* The same on tmpfs, with at most @size bytes in it. */
struct root filesystem_new_limited(size_t size);
/* Gives the test mounts of its own, with which it ends; opens @root again, since its file descriptor is on the mounts before. */
void filesystem_leave_mounts(struct root *root);
/* Mounts at @path, a directory of the tree, a file system that can ignore case, with a file. Returns: false if the kernel doesn't know such. */
bool filesystem_mount_casefold(const struct root *root, const char *path);
/* Limits the open files to 32, so that code fails that keeps each directory of a deep tree open. */
void allow_few_files(void);
