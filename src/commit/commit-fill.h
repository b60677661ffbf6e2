/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What waits in slots for its place. In: the upper layers. Out: filled slots, and their inode numbers in the redo log. */

#include "commit/preparation.h"

/* Fills the slots, for which the upper layers are used up. Returns: 0, or a negative errno with @error set. */
int commit_fill(struct preparation *p, struct error *error);
