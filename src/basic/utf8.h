/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* UTF-8 as RFC 3629 defines it: decoder, encoder, and text made safe to print. Pure. */

#include "basic/macro.h"

#include <stddef.h>
#include <stdint.h>

/* Returns: how many of the @size bytes at @data, at least 1, are the first character; 0 if they aren't UTF-8. */
size_t utf8_decode(const char *data, size_t size, uint32_t *ret);
/* Writes the character @c, which isn't a surrogate, to @out, which has room for four bytes. Returns: how many it wrote. */
size_t utf8_encode(uint32_t c, char *out);
/* Returns: a copy in which a byte that isn't UTF-8, and each byte of a control character but a tab, is \xNN, or NULL if memory ran out. */
char *utf8_sanitize(const char *data, size_t size);
