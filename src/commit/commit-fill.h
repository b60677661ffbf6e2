/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Fills the slots with the new files. In: the upper layers. Out: filled slots, and their inode numbers in the redo log. */

#include "commit/preparation.h"

/* The upper layers are used up. Returns: 0, or a negative errno with @error set. */
int commit_fill(struct preparation *p, struct error *error);
