/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a migration changed in all areas of its stage: the same list for a run and for a preview. */

#include "basic/root.h"
#include "changes/changes.h"
#include "stage/stage.h"

/* Returns: 0, or a negative errno with @error set: as changes_read(), and -EPERM with all paths that aren't declared. */
_must_check_ int changes_read_stage(const struct stage *stage, const struct root *root, struct changes *ret,
                                    struct error *error);
