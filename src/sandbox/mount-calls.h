/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The system calls for one mount, which isn't attached yet. Async-signal-safe. */

#include "basic/macro.h"

struct new_mount {
        const char *type;
        const char *path;
        const char *const (*options)[2]; /* names and values, ended by a name of NULL */
        unsigned attributes;
};

/* Opens @path with O_CLOEXEC, and no symbolic link on the way. Returns: a file descriptor, or a negative errno. */
_must_check_ int step_open_unlinked(const char *path, unsigned flags);
/* Returns: a mount that isn't attached yet, or a negative errno. */
_must_check_ int step_make_mount(const struct new_mount *new);
/* Returns: the same of a clone of the mount at @path. */
_must_check_ int step_clone_mount(const char *path);
/* Returns: whether this process has CAP_SYS_ADMIN, without which EPERM says that it is missing; with it, a policy forbids something. */
_must_check_ bool mount_is_permitted(void);
