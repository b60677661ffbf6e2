/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Names of one file that become two files: the content of one was changed, and another isn't declared, or couldn't be kept with it. In:
 * sorted changes. Out: a notice for each such file, with both names.
 */

#include "changes/changes-list.h"

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int changes_note_separated(const struct changes_request *request, struct changes *changes,
                                        struct error *error);
