/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an overlay doesn't tell when it is mounted. */

#include "basic/macro.h"

/*
 * Whether @overlay, a mount with the directory @layer as its last layer, finds none of the files in there (EREMOTE). Before Linux 6.9 that is
 * so if @layer's file system can ignore case, even where it doesn't. Async-signal-safe.
 */
_must_check_ bool overlay_is_blind(int overlay, int layer);
