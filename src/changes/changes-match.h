/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an upper layer doesn't say, since overlayfs copies files where they are renamed or linked: recognised among the changes. */

#include "changes/changes-walk.h"

/*
 * A file that is made with the content, size and time of modification of one that was removed is that one, moved. Where a file has several
 * names in one of the two layers, it stays two changes. Returns: 0, or a negative errno with @error set.
 */
int changes_match_moves(struct changes_walk *walk, struct error *error);
/*
 * A file that is made or replaced, and shares its inode with one that stayed what it was, is a further name of that one.
 * Returns: 0 or -ENOMEM.
 */
int changes_match_links(struct changes_walk *walk);
