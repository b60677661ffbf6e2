/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Makes strings from packages and their migrations, which can contain anything, safe to print: control characters and bytes that
 * aren't UTF-8 become escapes, so that they can't control a terminal. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes @s to @stream; with @ascii each character beyond ASCII becomes '?'. */
void printable_write(FILE *stream, const char *s, bool ascii);
/* Returns: the columns that printable_write() fills. */
size_t printable_width(const char *s, bool ascii);
/* Returns: a copy of @s with U+FFFD for each byte that isn't UTF-8, or NULL if memory ran out. */
char *printable_utf8(const char *s);
