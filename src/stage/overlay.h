/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An overlayfs that is mounted nowhere yet: fsopen(2), fsmount(2). */

#include "basic/error.h"

#include <stddef.h>

struct overlay {
        const int *lower; /* directories, topmost first; at least two where there is no upper layer */
        size_t n_lower;
        int upper;        /* -EBADF: none, so that it is read-only */
        int work;         /* an empty directory on the same file system, of this mount alone */
        bool read_only;   /* with an upper layer, too */
        const char *path; /* that it will lie over, for messages */
};

/*
 * Renamed directories are redirects (redirect_dir=on), nothing of the upper layer is synced before somebody does (volatile), and
 * the flags nosuid, nodev and noexec are those of the mount that the last lower directory is on.
 *
 * The upper layer may lie in a lower one, but a lower layer that lies in another one is refused (-ELOOP). So what is below a directory
 * that holds the stage is looked at with the stage as upper layer of a read-only overlay, not as one more lower layer.
 *
 * Returns: the mount's file descriptor, or a negative errno with @error set: -ENODEV where the kernel has no overlayfs, -EPERM without the
 * privilege, -EINVAL where a file system can't be one of its layers, with what is missing.
 */
int overlay_mount(const struct overlay *overlay, struct error *error);
