/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The mounts that systemd is to make. In: the .mount and .automount units that it has loaded. Out: the mount points of those that have a file
 * (/etc/fstab is such a file) and aren't active, and whether systemd is about to start them.
 */

#include "basic/error.h"
#include "basic/strv.h"

struct mount_units {
        struct strv points;  /* absolute paths, of those that aren't active */
        struct strv awaited; /* likewise, of those that have a job which starts them, and the migrations can wait for */
};

/* For the migrations of @package. Returns: 0, with none if systemd doesn't run here or this user can't ask it; or a negative errno with @error set. */
_must_check_ int mount_units_look(const char *package, struct mount_units *ret, struct error *error);
void mount_units_done(struct mount_units *units);
