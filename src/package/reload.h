/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changed units. In: a context, whose units_changed a commit or an undo has set. Out: a systemd that has read them again. */

#include "package/context.h"

/*
 * To be called after the changes are durable, and before the services of @package start. Does nothing if no unit was changed, or if systemd
 * doesn't run this system. A failure is logged, and changes nothing else.
 */
void reload_units(struct dmig *ctx, const char *package);
