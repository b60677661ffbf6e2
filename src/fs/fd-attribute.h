/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Mode and extended attributes of an open file, whether it is open for reading or by its path alone (O_PATH), also of a symbolic link. The system calls
 * that take a descriptor refuse O_PATH, and the way over /proc, which doesn't, takes many times as long.
 */

#include "basic/macro.h"

#include <sys/stat.h>

/* As flistxattr(2) and fgetxattr(2), with errno set. */
ssize_t fd_list_xattrs(int fd, char *names, size_t size);
ssize_t fd_get_xattr(int fd, const char *name, void *value, size_t size);
/* Return: 0, or a negative errno. An attribute that isn't there is removed. */
_must_check_ int fd_set_xattr(int fd, const char *name, const void *value, size_t size);
_must_check_ int fd_remove_xattr(int fd, const char *name);
_must_check_ int fd_set_mode(int fd, mode_t mode);
