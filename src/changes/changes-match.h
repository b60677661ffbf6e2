/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Moves of files, which an upper layer doesn't record, since overlayfs copies a file that is renamed. In: a complete walk, with its names
 * sorted. Out: its changes, with moves recognised.
 */

#include "changes/changes-walk.h"

/*
 * Makes one CHANGE_MOVE of a created and a removed file with the same content, size and modification time. Returns: 0, or a negative errno
 * with @error set.
 */
int changes_match_moves(struct changes_walk *walk, struct error *error);
