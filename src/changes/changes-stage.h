/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration changed in all areas of its stage: the same list for a run and for a preview. Refused are changes that couldn't be
 * committed by renames, or that would lose what can't be seen through an overlay: whiteouts and attributes of another overlay, as in a
 * container store.
 */

#include "basic/root.h"
#include "changes/changes.h"
#include "stage/stage.h"

/* Returns: 0, or a negative errno with @error set: as changes_read(), -EPERM with all paths that aren't declared, or -EXDEV. */
_must_check_ int changes_read_stage(const struct stage *stage, const struct root *root, struct changes *ret,
                                    struct error *error);
/* Notes in the stage what was renamed in it, so that stages above it can be read, too. Returns: 0 or -ENOMEM. */
_must_check_ int changes_note_renames(const struct changes *changes, struct stage *stage);
