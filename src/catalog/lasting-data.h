/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is still there after the next boot. In: the file systems below a root. Out: whether the state outlives a boot, and whether data does that
 * a package's migrations declare. On an image much is read-only, so it is as old as the image, or in memory, so it is new at each boot.
 */

#include "catalog/catalog.h"

/* Whether what is written to STATE_DIR is there after the next boot. Returns: 1, 0 or a negative errno. */
_must_check_ int lasting_state_is_there(const struct root *root);
/* Whether its file system is read-only. Returns: the same. */
_must_check_ int lasting_state_is_read_only(const struct root *root);
/*
 * Looks for a file, but no directory, in what the migrations of @catalog declare that can be written to and outlives a boot. Returns: 1 with its
 * path in @ret, 0 if there is none, or a negative errno with @error set.
 */
_must_check_ int lasting_data_find(const struct root *root, const struct catalog *catalog, char **ret,
                                   struct error *error);
