/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is long is read in a pager, where it would go to a terminal: $PAGER, else less(1) or more(1). */

#include "cli/terminal/terminal.h"

#include <signal.h>
#include <sys/types.h>

struct pager {
        struct terminal *terminal;
        struct terminal direct; /* as it was */
        struct sigaction interrupt;
        pid_t pid; /* 0: there is none */
};

/* From now on what is written to @terminal goes there, where that is of use. */
void pager_open(struct pager *pager, struct terminal *terminal);
/* Waits until the reader has seen enough. */
void pager_close(struct pager *pager);
