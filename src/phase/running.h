/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a run is doing now, for others to read without a lock: its last "progress" event, in a file beside the lock. It exists only while a
 * migration takes longer than a moment, and counts only as long as the process that wrote it lives.
 */

#include "package/context.h"

/* Replaces the file by @event. Returns: 0 or a negative errno. */
_must_check_ int running_write(const struct dmig *ctx, const struct dmig_event *event);
void running_remove(const struct dmig *ctx, const char *package);
/* Returns: 1, 0 if nothing runs or it can't be read, or -ENOMEM. */
_must_check_ int running_read(const struct dmig *ctx, const char *package, struct dmig_event **ret);
