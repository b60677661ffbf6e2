/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The space that a commit needs. In: changes, and the stage that they are in. Out: an error if they are to be copied to another file system
 * that has too little for them, before anything is copied. On the file system of the stage itself, files are renamed.
 */

#include "changes/changes.h"
#include "stage/stage.h"

/* Returns: 0, or a negative errno with @error set, -ENOSPC if there is too little space. */
_must_check_ int changes_check_space(const struct stage *stage, const struct changes *changes, struct error *error);
