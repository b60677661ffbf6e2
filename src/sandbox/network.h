/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "basic/error.h"

/*
 * An empty network name space. One serves many sandboxes, since making it costs more than all else in a sandbox together.
 * Returns: a file descriptor, or a negative errno with @error set: -EPERM where privileges are missing.
 */
int network_new(struct error *error);
