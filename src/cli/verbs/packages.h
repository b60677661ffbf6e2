/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The packages that a verb is about. */

#include "cli/cli.h"

/* Returns: the exit status for @package. */
typedef int (*package_fn)(struct cli *cli, const char *package, void *userdata);

/*
 * Calls @fn for each package of @names, for all packages where there are none, whatever it returned for those before, but not
 * after a signal that asks us to stop. Returns: the exit status for all of them.
 */
int packages_each(struct cli *cli, char **names, package_fn fn, void *userdata);
