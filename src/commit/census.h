/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The census of a transaction: what lies in the directories in which it changes something, so that an undo sees whether their data is
 * still the same as a whole. A database consists of files that belong together: putting back one of them among newer ones breaks it.
 *
 * In: changes that are prepared, and the system as it is. The steps: find the directories (census-roots.c), list what in them isn't changed.
 * Out: a log with the census, to be written before the commit. Access isn't recorded, nor are modes and owners, which backup programs and
 * administrators change; nor are inode numbers, which a copy of the system doesn't keep.
 */

#include "commit/preparation.h"

/* Adds the roots of the census to @census. Returns: 0 or -ENOMEM. */
_must_check_ int census_add_roots(const struct preparation *p, struct redo *census);
/* Adds the whole census to @census, which has its areas, sorted. Returns: 0, or a negative errno with @error set. */
_must_check_ int census_take(const struct preparation *p, struct redo *census, struct error *error);
/* Sorts by area, path and kind. */
void census_sort(struct redo *census);

/* Whether @path, below our root, is of a file that a person writes and programs read: then there may be unrelated changes beside it. */
bool path_is_configuration(const char *path);
/* Whether it is a directory of our own in the root of an area, which exists for the time of a commit. */
bool path_is_hold(const char *directory, const char *name);
/* Whether it is of a kind that has data: of a socket or a fifo only those who have it open would. */
static inline bool stat_is_data(const struct stat *st)
{
        return !S_ISSOCK(st->st_mode) && !S_ISFIFO(st->st_mode);
}
/* Whether it is a directory that is on another device than @root, the root of the area: a subvolume, which is an area of its own. */
_must_check_ int stat_is_of_subvolume(const struct stat *st, int root);
/* Whether @name is that of @beside and more: a write-ahead log or a journal, a lock, a backup. */
bool name_belongs_to(const char *name, const char *beside);
