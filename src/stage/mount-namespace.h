/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "basic/error.h"

/*
 * Runs @function in a mount name space of its own, which ends with it: what it mounts there nobody else sees, nor has to unmount.
 * It may do all that other code may, and shares file descriptors with it, but those that were opened outside lie on other
 * mounts. Returns: what it does, or a negative errno with @error set.
 */
int mount_namespace_run(int (*function)(void *userdata), void *userdata, struct error *error);
