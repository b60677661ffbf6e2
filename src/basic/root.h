/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directory below which the library reads and writes every path, "/" by default. Below another root no symbolic link may lead
 * out of it: the kernel refuses with EXDEV (openat2(2), RESOLVE_BENEATH). Only in the path of STATE_DIR, which an administrator may have
 * moved, links are followed as in a chroot (RESOLVE_IN_ROOT): nobody but the library opens that.
 */

#include "basic/error.h"

#include <sys/stat.h>

struct root {
        int fd;
        char *path; /* absolute, without a slash at its end; "" for "/" */
};

/*
 * Returns: 0 or a negative errno: -EXDEV if the directory has no path here, since it was reached through /proc/PID/root of another mount
 * namespace.
 */
_must_check_ int root_init(struct root *root, const char *path);
void root_done(struct root *root);

/* Opens the absolute path @path below @root; @flags as in open(2), O_CLOEXEC is added. Returns: a file descriptor or a negative errno. */
_must_check_ int root_open(const struct root *root, const char *path, int flags);
/*
 * The same, for a caller to whom -ENOENT is an answer: a symbolic link that leads nowhere is -ENOLINK, since what it leads to may be on a disk
 * that isn't mounted.
 */
_must_check_ int root_open_present(const struct root *root, const char *path, int flags);
/* Opens a directory; makes it and its parents (mode 0755) if they are missing. */
_must_check_ int root_open_mkdirs(const struct root *root, const char *path);
/*
 * The same two for a path that had no links in it before: a link in it now isn't followed (-ELOOP), since a user who owns a directory on
 * the way could have made it.
 */
_must_check_ int root_open_unlinked(const struct root *root, const char *path, int flags);
_must_check_ int root_open_mkdirs_unlinked(const struct root *root, const char *path);
/* The path of the open file @fd as the system knows it, with all links followed. Returns: 0 or a negative errno. */
_must_check_ int fd_get_path(int fd, char **ret);
