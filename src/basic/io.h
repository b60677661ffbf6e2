/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whole files, read, written, hashed and synced with every step checked; and whether root may trust a file. */

#include "basic/macro.h"

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

DEFINE_CLEANUP(DIR *, closedir);

/*
 * Reads the rest of @fd and appends a NUL, which @ret_size doesn't count. Returns: 0, -EFBIG if there are more than @max bytes, or
 * another errno.
 */
_must_check_ int io_read_all(int fd, size_t max, char **ret, size_t *ret_size);
/* Writes all of @data. Returns: 0, or an errno, after which a part may have been written. */
_must_check_ int io_write_all(int fd, const void *data, size_t size);
/* The SHA-256 of the whole file @fd, as 64 hex digits. Its offset stays as it is. */
_must_check_ int io_sha256(int fd, char ret[static 65]);
/* Returns: 0 once the file or directory @fd is durable, or a negative errno. */
_must_check_ int io_sync(int fd);

/*
 * Only root may decide what root runs. Returns: 0, or -EPERM with @ret_reason if a file that root would trust isn't owned by root
 * or is writable by others. A caller that isn't root trusts every file.
 */
_must_check_ int io_check_trusted(const struct stat *st, const char **ret_reason);
