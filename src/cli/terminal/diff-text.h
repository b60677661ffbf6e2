/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Unified diffs for people. */

#include "cli/terminal/terminal.h"

struct diff_lines {
        size_t added, removed;
};

/* Counts the lines of @diff, which has a header. */
struct diff_lines diff_text_count(const char *diff);
/* Prints @diff in the colours of git diff. Of the control characters in it, only tabs reach the terminal. */
void diff_text_print(const struct terminal *terminal, const char *diff);
