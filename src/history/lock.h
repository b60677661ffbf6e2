/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lock of a package: held by a file descriptor, so it ends with its holder, however that ends. */

#include "basic/path.h"
#include "basic/root.h"

#include <stdint.h>

struct lock_request {
        const char *package;
        uint64_t timeout_usec;
        int stop_fd; /* readable when waiting has to end */
};

/*
 * Returns: a file descriptor that holds the lock as long as it is open; -EBUSY where another process (named in @error) still
 * held it at the end of the time, -ECANCELED because of stop_fd, or another errno.
 */
int lock_acquire(const struct root *root, const struct lock_request *request, struct error *error);
