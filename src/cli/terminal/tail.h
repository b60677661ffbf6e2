/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The last lines of a migration's output, kept in case it fails. */

#include <stddef.h>

#define TAIL_LINES 10

struct tail {
        char *lines[TAIL_LINES];
        size_t n; /* lines added since the last clear */
};

void tail_add(struct tail *tail, const char *line);
/* Returns: the @i-th of the kept lines, oldest first, or NULL after the last one. */
const char *tail_get(const struct tail *tail, size_t i);
void tail_clear(struct tail *tail);
