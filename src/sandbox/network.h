/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The network of a sandbox: a network namespace with nothing in it. */

#include "basic/error.h"

/*
 * Makes an empty network namespace. One serves many sandboxes, since making it costs more than everything else in a sandbox together.
 * Returns: a file descriptor, or a negative errno with @error set: -EPERM if privileges are missing.
 */
_must_check_ int network_new(struct error *error);
/*
 * The same in two steps, so that the caller can do other things meanwhile: a thread makes it, which never was in another network. network_begin()
 * returns 0 or a negative errno; network_end() must follow, frees @making, and returns as network_new().
 */
struct network_making;
_must_check_ int network_begin(struct network_making **ret);
_must_check_ int network_end(struct network_making *making, struct error *error);
