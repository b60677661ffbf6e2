/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The exit status of the program. Pure. */

#include "deploy-migrate.h"

enum exit_status {
        EXIT_DONE = 0,
        EXIT_MIGRATION = 1, /* failed, postponed or given up */
        EXIT_USAGE = 2,
        EXIT_UNUSABLE = 3, /* package database, migration directory or history */
        EXIT_LOCKED = 4,
        EXIT_INTERRUPTED = 5,
        EXIT_PENDING = 10, /* status --exit-code */
};

/* Returns: the one that takes precedence if packages end differently. */
int exit_status_worse(int a, int b);
/* Returns: the status for @r, which a function of the library returned. */
int exit_status_of_errno(int r);
/* @planned: nothing was executed, so that pending migrations are no failure. */
int exit_status_of_report(const struct dmig_report *report, bool planned);
