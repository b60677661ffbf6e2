/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Unified diffs for people. */

#include "cli/terminal/terminal.h"

struct diff_lines {
        size_t added, removed;
};

struct diff_lines diff_count(const char *diff);
/* In the colours of git diff; of what is in files, nothing but tabs reaches the terminal that could control it. */
void diff_text(const struct terminal *terminal, const char *diff);
