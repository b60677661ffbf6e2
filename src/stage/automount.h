/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Automounts. In: a path below a root. Out: the file systems on the way to it, mounted. */

#include "basic/error.h"
#include "basic/root.h"

#include <stdint.h>

struct automount_limits {
        uint64_t end_usec; /* of CLOCK_MONOTONIC */
        int stop_fd;       /* readable: no more time; -EBADF: none */
};

/*
 * Opens the directory @path, as far as there is one, in a process of its own, since a server that doesn't answer may never let go of it.
 * Returns: 1 if that has ended, whatever it led to; 0 if time ran out; or a negative errno if there can't be a process.
 */
_must_check_ int automount_trigger(const struct root *root, const char *path, const struct automount_limits *limits);
