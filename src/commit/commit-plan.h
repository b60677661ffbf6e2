/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a commit has to do. In: changes. Out: the renames and attributes of its redo log, and the numbers of slots. */

#include "commit/preparation.h"

/* Fills in the attributes, renames and slot numbers of @p->redo. Returns: 0, or a negative errno with @error set. */
int commit_plan(struct preparation *p, struct error *error);
