/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files, whole: each step is checked, none is skipped. */

#include "basic/macro.h"

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

DEFINE_CLEANUP(DIR *, closedir);

/* Reads what is left of @fd, at most @max bytes (-EFBIG above), and a NUL behind it that @ret_size doesn't count. */
int io_read_all(int fd, size_t max, char **ret, size_t *ret_size);
/* Writes all of @data; a short write is an error, with as much written as the errno allowed. */
int io_write_all(int fd, const void *data, size_t size);
/* The SHA-256 of what is open as @fd, from its begin, as 64 hex digits. */
int io_sha256(int fd, char ret[static 65]);

/*
 * Only root may decide what root runs. Returns: 0, or -EPERM with the reason in @ret_reason where a file that root
 * would trust isn't root's, or where others can write it. Anything goes for a caller that isn't root.
 */
int io_check_trusted(const struct stat *st, const char **ret_reason);
