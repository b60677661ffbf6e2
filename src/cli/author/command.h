/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A program that is run to its end. In: its arguments, from the PATH. Out: its exit status and its output. */

#include "basic/error.h"

/*
 * @ret, which may be NULL: standard output, to be freed. Returns: the exit status, or a negative errno with @error set, -EIO if a signal ended
 * it.
 */
_must_check_ int command_run(const char *const *args, char **ret, struct error *error);
/* Removes the file or the tree @path, as far as that is possible. */
void command_remove(const char *path);
