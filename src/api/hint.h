/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What to declare, for a program that ran into a wall of its sandbox. In: the end of its output. Out: a remedy. Pure. */

#include "basic/macro.h"

/* @migrate: it was migrate that failed, not check. Returns: a text that continues a message, or NULL. */
const char *hint_find(const char *output, bool migrate);
