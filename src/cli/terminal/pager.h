/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shows output in a pager if it goes to a terminal: $PAGER, else less(1) or more(1). */

#include "cli/terminal/terminal.h"

#include <signal.h>
#include <sys/types.h>

struct pager {
        struct terminal *terminal;
        struct terminal direct;     /* @terminal without the pager */
        struct sigaction interrupt; /* the action of SIGINT without it */
        pid_t pid;                  /* 0: no pager runs */
};

/* From now on output to @terminal goes to the pager, if one is wanted and can be started. */
void pager_open(struct pager *pager, struct terminal *terminal);
/* Waits until the user quits the pager. */
void pager_close(struct pager *pager);
