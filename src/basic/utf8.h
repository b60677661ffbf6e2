/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "basic/macro.h"

#include <stddef.h>
#include <stdint.h>

/* Returns: how many of the @size bytes at @data, at least 1, are one character of UTF-8 (RFC 3629); 0 where they are none. */
size_t utf8_decode(const char *data, size_t size, uint32_t *ret);
/* A copy in which bytes that aren't UTF-8, and control characters, stand as \xNN. Returns: NULL when memory ran out. */
char *utf8_sanitize(const char *data, size_t size);
