/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps that are about mounts. In: a step, and the file descriptors of those before it. Out: a mount, or a file descriptor. */

#include "sandbox/sandbox.h"

/* Runs a step that makes or alters mounts. Async-signal-safe. Returns: 0 or a negative errno. */
_must_check_ int step_run_mount(const struct sandbox_step *step, int *fds);
/* Attaches a clone, or a new mount, at @path, on the way to which there must be no symbolic link. Returns: as step_run_mount(). */
_must_check_ int step_attach(int mount, const char *path);
/* Puts what @name is in the directory @from over the same name in @over. Returns: as step_run_mount(). */
_must_check_ int step_shield(int from, int over, const char *name);
/* Runs one that opens something for those after it. Async-signal-safe. Returns: 0 or a negative errno. */
_must_check_ int step_run_open(const struct sandbox_step *step, int *fds);
