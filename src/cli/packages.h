/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The loop of a verb over the packages that it is asked for. */

#include "cli/cli.h"

/* Returns: the exit status for @package. */
typedef int (*package_fn)(struct cli *cli, const char *package, void *userdata);

/*
 * Calls @fn for each package of @names, or for all packages if there are no names. One package's failure doesn't keep the others
 * from their turn, a signal does. Returns: the exit status for all of them.
 */
int packages_foreach(struct cli *cli, char **names, package_fn fn, void *userdata);
