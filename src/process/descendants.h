/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The processes below another one, as /proc tells them. Async-signal-safe. */

#include "basic/macro.h"

#include <sys/types.h>

#define DESCENDANTS_NAMES_MAX 256

/* Sends the signal to each descendant of @pid, the deepest ones first. */
void descendants_signal(pid_t pid, int number);
/* Writes the names of the caller's children, with commas between them: those of an ended process have become its reaper's. */
void descendants_name(char names[static DESCENDANTS_NAMES_MAX]);
