/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Temporary mounts, and a temporary working directory. */

#include "basic/error.h"

/*
 * Runs @function in a mount namespace that ends with it: its mounts are visible only there, and need no unmounting. @function shares
 * everything else with the caller, file descriptors too, but those that were opened outside are on other mounts. Returns: what @function
 * returns, or a negative errno with @error set.
 */
_must_check_ int mount_namespace_run(int (*function)(void *userdata), void *userdata, struct error *error);

/* Runs @function where @directory is the working directory, which stays what it is for the caller. Returns: as above. */
_must_check_ int working_directory_run(const char *directory, int (*function)(void *userdata), void *userdata,
                                       struct error *error);
