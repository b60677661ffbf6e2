/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Renames that can be done again after they were cut off. In: a place and a slot. Out: the file in the slot is in its place, and the one that
 * was there is in the slot. Network and FUSE file systems can't exchange two files: there it takes three renames, and the file that leaves
 * its place is meanwhile under a name of its own beside the slot.
 */

#include "basic/macro.h"

#include <stdint.h>

/* One end of a rename. */
struct rename_end {
        int dir;
        const char *name;
};

/* Returns: 1 if the file there has that inode number, 0 if it is another one or missing, or a negative errno. */
_must_check_ int rename_end_is(const struct rename_end *end, uint64_t ino);
/*
 * From the slot to the path, and back. What another process has just made where the file goes to is exchanged, since no file may be lost.
 * Each returns 0, or a negative errno.
 */
_must_check_ int rename_install(const struct rename_end *slot, const struct rename_end *path);
_must_check_ int rename_detach(const struct rename_end *slot, const struct rename_end *path);
/* If there is no file at @path, the slot is empty afterwards. */
_must_check_ int rename_exchange(const struct rename_end *slot, const struct rename_end *path);
/* Does the rest of an exchange whose new file is in place. Returns: 0, also if there is nothing to do, or a negative errno. */
_must_check_ int rename_finish_exchange(const struct rename_end *slot);
