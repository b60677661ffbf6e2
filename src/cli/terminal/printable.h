/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Strings that come from packages and their migrations can hold anything. Written by this module, control characters and
 * what isn't UTF-8 become escapes, so that nothing reaches a terminal but what is meant to be read. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes @s to @stream; with @ascii a '?' stands for each character beyond ASCII. */
void printable_write(FILE *stream, const char *s, bool ascii);
/* Returns: how many columns printable_write() fills. */
size_t printable_width(const char *s, bool ascii);
/* Returns: @s with U+FFFD for each byte that isn't UTF-8, to be freed, or NULL. */
char *printable_utf8(const char *s);
