/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The network of a sandbox: a network namespace with nothing in it. */

#include "basic/error.h"

/*
 * Makes an empty network namespace. One serves many sandboxes, since making it costs more than everything else in a sandbox together.
 * Returns: a file descriptor, or a negative errno with @error set: -EPERM if privileges are missing.
 */
_must_check_ int network_new(struct error *error);
