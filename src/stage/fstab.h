/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* fstab(5). In: /etc/fstab below a root. Out: the mount points in it, whether something is mounted there or not. */

#include "basic/error.h"
#include "basic/root.h"
#include "basic/strv.h"

/*
 * Appends the mount points to @ret: absolute paths below the root, but "/", which is always there; those of swap and the like, which have no
 * path, are left out. Returns: 0, also if there is no fstab, or a negative errno with @error set to the file, the line and the reason.
 */
_must_check_ int fstab_read(const struct root *root, struct strv *ret, struct error *error);
/* Reads @text, which is changed, instead of the file. Returns: 0, -EBADMSG, or -ENOMEM. */
_must_check_ int fstab_parse(char *text, struct strv *ret, struct error *error);
