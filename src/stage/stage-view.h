/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One area as a stage shows it: an overlay of its upper layer, those of the stages below it, and the real directory. */

#include "stage/stage.h"

/* Returns: the file descriptor of a mount that is attached nowhere, or a negative errno with @error set. */
int stage_mount_view(const struct stage *stage, size_t i, bool read_only, struct error *error);
/* Returns: where the stage lies below the root of the area @i, NULL where it doesn't. */
const char *stage_find_in_area(const struct stage *stage, size_t i);
