/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a failure says of its cause. In: an errno, or the end of a program's output. Out: what to declare, for a program that ran into a wall of
 * its sandbox; or that it isn't the migration's own failure. Pure.
 */

#include "basic/macro.h"

/* @migrate: it was migrate that failed, not check. Returns: a text that continues a message, or NULL. */
const char *hint_find(const char *output, bool migrate);
/*
 * Whether something failed that the migration can't help: @code is the negative errno of it, 0 if it was a program; @output the end of what that
 * printed, or NULL. Returns: one word for the history ("no-space", "disk-error", "system"), or NULL.
 */
const char *hint_find_cause(int code, const char *output);
