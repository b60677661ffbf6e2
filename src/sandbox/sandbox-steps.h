/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the files that prepare a sandbox add to its table. */

#include "sandbox/sandbox.h"

/* Returns: 0 or -ENOMEM. */
_must_check_ int sandbox_append(struct sandbox *sandbox, const struct sandbox_step *step);
/* The same for a step of which no more is to be said than its type, path and file descriptor. */
_must_check_ int sandbox_add(struct sandbox *sandbox, enum sandbox_step_type type, const char *path, size_t fd);
/* A private directory of this mode, empty, at @path. */
_must_check_ int sandbox_add_private_directory(struct sandbox *sandbox, const char *path, mode_t mode);
/* Takes @path, which may be NULL, and keeps it as long as the sandbox. Returns: it, or NULL if memory ran out. */
const char *sandbox_keep_path(struct sandbox *sandbox, char *path);

/* Keeps the device files of the private /dev, before the tree becomes read-only. Returns: 0, or a negative errno. */
_must_check_ int sandbox_add_devices(struct sandbox *sandbox);
/* Makes the private /dev. Returns: 0 or -ENOMEM. */
_must_check_ int sandbox_add_dev(struct sandbox *sandbox);
/* Adds the private directories of the system, and those below the request's root. Returns: 0, or a negative errno. */
_must_check_ int sandbox_add_private(struct sandbox *sandbox, const struct sandbox_request *request);
