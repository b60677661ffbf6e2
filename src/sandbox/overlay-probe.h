/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an overlay doesn't tell when it is mounted. */

#include "basic/macro.h"

/*
 * Takes @overlay, a mount with the directory @layer as its last layer, or a negative errno. Returns: the same; -EREMOTE if it finds none of the
 * files in @layer, which before Linux 6.9 is so if @layer's file system can ignore case, even where it doesn't; or another negative errno. Of
 * a @layer that nobody here may list nothing is known. Async-signal-safe.
 */
_must_check_ int overlay_check(int overlay, int layer);
