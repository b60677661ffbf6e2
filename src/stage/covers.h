/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories in which daemons of the system may have sockets and fifos. In: the mount table, and the overlays that there are anyway. Out:
 * what else the sandbox has to cover, since a read-only mount doesn't keep a program from connecting to a socket in it.
 *
 * These are the directories in "/" but those that programs come in (/usr, /etc and the like), the kernel's and the private ones; a root that
 * none of them contains; and each mount below, since a mount isn't part of an overlay of the directory that it is in.
 */

#include "basic/root.h"
#include "stage/stage.h"

struct covers {
        struct sandbox_cover *covers; /* sorted by path */
        size_t n;
};

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int covers_list(const struct root *root, const struct stage_mounts *mounts, struct covers *ret,
                             struct error *error);
void covers_done(struct covers *covers);
