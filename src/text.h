/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "macro.h"

#include <stddef.h>

/* A copy in which bytes that aren't UTF-8, and control characters, stand as \xNN. Returns: NULL when memory ran out. */
char *text_sanitize(const char *data, size_t size);
