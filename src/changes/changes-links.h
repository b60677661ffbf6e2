/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files with several names. In: a walk, in which each name is a file. Out: its changes, with the names of one file recognised: made, moved
 * and replaced ones.
 */

#include "changes/changes-walk.h"

/* Sorts the walk's names, for changes_links_find(). */
void changes_links_sort(struct changes_walk *walk);
/* Returns: the first name that existed before of the file with inode number @ino in the upper layer, or NULL. */
const struct linked_name *changes_links_find(const struct changes_walk *walk, ino_t ino);
/*
 * After moves are known: a created name of a file that was there before becomes a move if another name of it was removed, else another
 * name of it, and so does a replaced one. Returns: 0 or -ENOMEM.
 */
int changes_match_links(struct changes_walk *walk);
