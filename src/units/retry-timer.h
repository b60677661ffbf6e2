/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * deploy-migrate@<package>.timer, which tries again what was postponed, after pauses that grow. It is a transient unit, so that it exists only as long as
 * it is needed. In: a package.
 */

#include "basic/macro.h"

/* Starts it, unless it runs already. Returns: 0, also if systemd doesn't run here, or a negative errno. */
_must_check_ int retry_timer_start(const char *package);
/* Ends it, if it is there, and the failures of the unit that it starts. */
void retry_timer_stop(const char *package);
