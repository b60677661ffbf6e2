/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The note that a package's own unit has just tried an upgrade in vain. In: the package, and the version that it is upgraded to. Out: whether the
 * run for all packages, which follows in an upgrade as in a boot, leaves it alone. The note is for one run, and a boot forgets it.
 */

#include "package/context.h"

/* Without the note the upgrade is tried once more, so a failure is none. */
void tried_note(const struct dmig *ctx, const char *package, const char *to);
/* Removes the note. Returns: whether there was one, for @to. */
bool tried_take(const struct dmig *ctx, const char *package, const char *to);
