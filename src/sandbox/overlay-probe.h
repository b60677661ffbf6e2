/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an overlay doesn't tell when it is mounted. */

#include "basic/macro.h"

/*
 * Whether @overlay, a mount with the directory @layer as its last layer, finds none of the files in there. Before Linux 6.9 that is so if
 * @layer's file system can ignore case, even where it doesn't. Returns: 1, 0, also if nobody here may list @layer, or a negative errno.
 * Async-signal-safe.
 */
_must_check_ int overlay_is_blind(int overlay, int layer);
