/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Migrations that reach out: to the network, or to sockets of the system. In: a manifest. Out: where to, in words. What they do there is in
 * no transaction, so it isn't previewed, is recorded, and stays after an undo.
 */

#include "catalog/manifest.h"

/* Sets @ret to "network, /run/x.sock", or to NULL if the migration reaches nowhere. Returns: 0 or -ENOMEM. */
_must_check_ int reach_describe(const struct manifest *manifest, char **ret);
