/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a program has left in its sandbox, for the next one to find. In: the sandbox, as the keeper has entered it. Out: a digest, which is the
 * same before and after a program that has left nothing: neither in the private directories, of which times and attributes count as well, nor
 * in the limits and priorities of the keeper, which its children inherit. Whatever else there is ends with the program's processes, or
 * belongs to it alone: its IPC name space, and its keyring.
 *
 * Looking at all that is faster than fanotify(7): to close its descriptor takes the kernel some ten milliseconds, a grace period of SRCU.
 */

#include "sandbox/sandbox.h"

#include <stdint.h>

/* Async-signal-safe. Returns: 0 or a negative errno. */
_must_check_ int traces_read(const struct sandbox *sandbox, uint64_t *ret);
