/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shell commands, formatted as by printf(3). */

#include "basic/macro.h"

/* Returns: the exit status, or 128 plus the number of the signal. */
int shell(const char *format, ...) _printf_(1, 2);
/* Fails the test unless the command succeeds. Returns: its output, to be freed. */
char *shell_output(const char *format, ...) _printf_(1, 2);
