/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whether the data of a package is there. In: what its due migrations declare, fstab and systemd's units. Out: yes, as soon as all that is
 * configured to be mounted there is; or which mounts are missing.
 */

#include "package/package.h"

/*
 * Triggers automounts, and waits for what systemd is about to mount. Returns: 1 if the data is there; 0 with a sentence about what isn't in
 * @ret_reason; or a negative errno with @error set, -ECANCELED if the context was stopped.
 */
_must_check_ int data_await_mounts(const struct package *pkg, char **ret_reason, struct error *error);
