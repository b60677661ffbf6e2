/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mounts of overlayfs by fsopen(2) and fsmount(2), not attached to a path yet. */

#include "basic/error.h"

#include <stddef.h>

struct overlay {
        const int *lower; /* directories, topmost first; at least two without an upper layer */
        size_t n_lower;
        int upper;        /* -EBADF: none, which makes it read-only */
        int work;         /* an empty directory on the upper layer's file system, for this mount only */
        bool read_only;   /* even with an upper layer */
        bool exported;    /* it can be a lower layer of one that keeps the names of files together */
        const char *path; /* of the directory that it will cover, for messages */
};

/*
 * If it can be written to, and the file systems of its lower layers can, all names of a file stay names of one (index=on). Renamed
 * directories are redirects (redirect_dir=on), overlayfs never syncs the upper layer by itself (volatile), device
 * files in it are dead (nodev), and the flags nosuid and noexec are those of the mount that the last lower directory is on.
 *
 * The upper layer may be inside a lower one, but a lower layer inside another one is refused (-ELOOP). So a directory that contains the
 * stage is viewed with the stage as the upper layer of a read-only overlay, not as one more lower layer.
 *
 * Returns: the mount's file descriptor, or a negative errno with @error set: -ENODEV if the kernel has no overlayfs, -EPERM without the
 * privilege, -EINVAL if a file system can't be one of its layers.
 */
_must_check_ int overlay_mount(const struct overlay *overlay, struct error *error);
