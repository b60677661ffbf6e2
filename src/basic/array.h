/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Growing arrays: a pointer and a count are all that they need. */

#include <stddef.h>
#include <stdlib.h>

/*
 * Makes room for one more element after the @n that @array has. An array only ever grows to powers of two, so its length says
 * when it is full. Returns: the array, or NULL if memory ran out, with @array as it was.
 */
static inline void *array_grow(void *array, size_t n, size_t size)
{
        return array && (n & (n - 1)) ? array : reallocarray(array, n ? n * 2 : 1, size);
}
