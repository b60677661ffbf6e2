/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdlib.h>

/*
 * Makes room for one more element behind the @n that @array has. It only ever grows to powers of two, so that its
 * length says when it is full. Returns: the array, or NULL when memory ran out, with @array as it was.
 */
static inline void *array_grow(void *array, size_t n, size_t size)
{
        return array && (n & (n - 1)) ? array : reallocarray(array, n ? n * 2 : 1, size);
}
