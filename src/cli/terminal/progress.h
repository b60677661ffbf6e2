/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A status line at the bottom of a terminal, which is overwritten as the step goes on. */

#include "cli/terminal/terminal.h"

#include <stdint.h>

struct progress {
        const struct terminal *terminal;
        bool shown;
        int64_t next_ms; /* without a line that can be overwritten: when to write another one */
};

struct progress_step {
        const char *package, *id, *phase;
        int64_t elapsed_ms;
        int64_t timeout_sec; /* 0: none */
        const char *advance; /* how far it is, NULL if it doesn't tell */
};

void progress_show(struct progress *progress, const struct progress_step *step);
/* Erases the line; needed before anything else is written. */
void progress_clear(struct progress *progress);
