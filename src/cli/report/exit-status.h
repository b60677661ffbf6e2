/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the program tells its caller. Pure. */

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

/* Returns: the one that says more, where several packages differ. */
int exit_status_worse(int a, int b);
/* @r is what a function of the library returned. */
int exit_status_of_errno(int r);
/* For run, and with @planned for plan, where something pending is no failure. */
int exit_status_of_report(const struct dmig_report *report, bool planned);
