/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Turns changes into the steps of a commit. In: changes. Out: the renames and attributes of its redo log, and the numbers of slots. */

#include "commit/preparation.h"

/* Adds attributes and renames to @p->redo, and sets @p->numbers. Returns: 0, or a negative errno with @error set. */
int commit_plan(struct preparation *p, struct error *error);
