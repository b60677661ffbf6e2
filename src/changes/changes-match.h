/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Moves and hard links, which an upper layer doesn't record, since overlayfs copies a file that is renamed or linked. In: a complete walk.
 * Out: its changes, with moves and links recognised.
 */

#include "changes/changes-walk.h"

/*
 * Makes one CHANGE_MOVE of a created and a removed file with the same content, size and modification time. A new file with several
 * names stays two changes. Returns: 0, or a negative errno with @error set.
 */
int changes_match_moves(struct changes_walk *walk, struct error *error);
/*
 * Marks each created or replaced file that shares its inode with an unchanged one as another name of that one. Returns: 0 or -ENOMEM.
 */
int changes_match_links(struct changes_walk *walk);
