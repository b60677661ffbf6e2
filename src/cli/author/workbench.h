/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where migrations are tried: a directory in memory, which this process alone sees, and beside which it can't write anything. Not root needs a user
 * name space for it, and where there is none, the directory is a plain one.
 */

#include "basic/error.h"

struct workbench {
        char *path;
        bool isolated; /* mounts can be made, and all else is read-only */
};

/*
 * Goes on in a process of its own, for which only the directory and @writable, which may be NULL, can be written to. The one that called waits for it, removes the directory, and exits with its status. Returns: 0, or a negative
 * errno with @error set.
 */
_must_check_ int workbench_enter(const char *writable, struct workbench *ret, struct error *error);
void workbench_done(struct workbench *workbench);
