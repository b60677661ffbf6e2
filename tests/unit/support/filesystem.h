/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trees on different file systems, for what those may do in different ways. Privilege is needed. */

#include "tree.h"

/* For loop tests. */
enum filesystem {
        FILESYSTEM_DEFAULT, /* below $TMPDIR */
        FILESYSTEM_TMPFS,   /* in a mount name space of the test's own, so it goes away with it */
        N_FILESYSTEMS,
};

/* An empty tree on it. Ends the test where that can't be done. */
struct root filesystem_new(enum filesystem filesystem);
/* The same on tmpfs, with at most @size bytes in it. */
struct root filesystem_new_limited(size_t size);
/* From now on no more than 32 may be open at a time, so that a deep tree shows who keeps each of its directories open. */
void allow_few_files(void);
