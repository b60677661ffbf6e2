/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lock of a package. A file descriptor holds it, so the lock ends with its process, however that ends. */

#include "basic/path.h"
#include "basic/root.h"

#include <stdint.h>

struct lock_request {
        const char *package;
        uint64_t timeout_usec;
        int stop_fd; /* becomes readable if waiting must end; negative: never */
};

/*
 * Returns: a file descriptor that holds the lock as long as it is open; -EBUSY if another process, which @error names, still held it at
 * the end of the time, -ECANCELED because of stop_fd, or another errno.
 */
_must_check_ int lock_acquire(const struct root *root, const struct lock_request *request, struct error *error);
