/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What mark and baseline have in common: they write a line into the history, and say so. */

#include "cli/cli.h"

/* Says @text of @package, and with --json where it stands now. Returns: the exit status. */
int confirm(struct cli *cli, const char *package, const char *format, ...) _printf_(3, 4);
