/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directory that stands before every path, "/" by default. Below another root no symbolic link
 * may lead out of it: the kernel refuses with EXDEV (openat2(2), RESOLVE_BENEATH).
 */

#include "basic/error.h"

#include <sys/stat.h>

struct root {
        int fd;
        char *path; /* absolute, without a slash at its end; "" for "/" */
};

int root_init(struct root *root, const char *path);
void root_done(struct root *root);

/* Opens the absolute path @path below @root; @flags as in open(2), O_CLOEXEC is added. Returns: a file descriptor or a negative errno. */
int root_open(const struct root *root, const char *path, int flags);
/* Opens a directory, making it and its parents (mode 0755) where they are missing. */
int root_open_mkdirs(const struct root *root, const char *path);
/*
 * The same for a path that had no links in it when it was found: if there is one now, it isn't followed (-ELOOP), since it may be
 * somebody's who owns a directory on the way.
 */
int root_open_unlinked(const struct root *root, const char *path, int flags);
int root_open_mkdirs_unlinked(const struct root *root, const char *path);
/* The path as the system knows it, with all links followed, of what is open as @fd. */
int fd_get_path(int fd, char **ret);
