/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* os-release(5). In: the name of a variable. Out: its value. */

#include "basic/error.h"
#include "basic/root.h"

/*
 * Reads it from /etc/os-release, or from /usr/lib/os-release if that doesn't exist. Returns: 0; -EBADMSG if there is no such file or variable;
 * or another negative errno; @error is set.
 */
_must_check_ int os_release_read(const struct root *root, const char *variable, char **ret, struct error *error);
