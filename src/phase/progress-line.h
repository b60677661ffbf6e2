/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How far a migration is, by its own account. In: a line that it wrote to the descriptor for progress. Out: numbers and text. Pure. */

#include "basic/macro.h"

#include <stdint.h>

struct progress_line {
        int64_t done, total; /* -1: only the percentage is known */
        int64_t percent;     /* 0 to 100 */
        char *text;          /* "" if there is none */
};

void progress_line_done(struct progress_line *line);
/* Parses "30/100 TEXT" or "30% TEXT"; the text may be missing. Returns: 0, -EINVAL if it is neither, or -ENOMEM. */
_must_check_ int progress_line_parse(const char *text, struct progress_line *ret);
