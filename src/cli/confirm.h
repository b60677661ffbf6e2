/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a verb that changes a package's records (mark, baseline, forget) confirms that it did. */

#include "cli/cli.h"

/* Prints the message about @package, or with --json its status. Returns: the exit status. */
int confirm_print(struct cli *cli, const char *package, const char *format, ...) _printf_(3, 4);
