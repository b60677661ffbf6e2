/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Overlays of lower layers only, which show a directory of the system, but none of its sockets and fifos. In: the directory. Out: a mount that
 * isn't attached yet. Async-signal-safe.
 */

#include "basic/macro.h"

/* Returns: a mount, -ENOENT if @path was unmounted after the parent had listed it, or another negative errno. */
_must_check_ int step_make_view(const char *path);
/* The same of a directory in "/", of which @slash is a view. */
_must_check_ int step_make_view_of_entry(const char *path, int slash);
/* Makes a view forget all names, since others may have changed what they lead to. Returns: 0 or a negative errno. */
_must_check_ int view_refresh(int view);
