/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The view of one area in a stage: an overlay of the stage's upper layer, those of the stages below, and the real directory. */

#include "stage/stage.h"

/* Mounts the view without attaching it. Returns: the mount's file descriptor, or a negative errno with @error set. */
_must_check_ int stage_mount_view(const struct stage *stage, size_t i, bool read_only, struct error *error);
/* Returns: the stage's path relative to the root of the area @i, NULL if the area doesn't contain it. */
const char *stage_find_in_area(const struct stage *stage, size_t i);
