/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The administrator's program that asks for a turn. In: a root. Out: whether there is one that root may run. */

#include "basic/path.h"
#include "package/context.h"

#define TURN_PATH   ADMIN_DIR "/turn"
#define TURN_REMEDY "repair it, or run with --no-turn"

/*
 * Returns: 1 if there is a program to ask, 0 if there is none or it isn't executable, or a negative errno with @error set: -EPERM if others than root
 * could have written it.
 */
_must_check_ int turn_find(struct dmig *ctx, const char *package, struct error *error);
