/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is known of the new files only when they are in their slots. In: filled slots. Out: their inode numbers in the redo log, and those of
 * directories that get attributes; and the files that came with new directories in the list of changes.
 */

#include "commit/preparation.h"

/* Returns: 0, or a negative errno with @error set. */
int commit_note(struct preparation *p, struct error *error);
