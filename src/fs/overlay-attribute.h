/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The extended attributes by which overlayfs remembers what is in an upper layer. In: a name. Out: whether it is one of them, and its value.
 * They are trusted.overlay.*; in a user name space, where nobody may set those, user.overlay.* (the option userxattr).
 */

#include "basic/macro.h"

#include <sys/types.h>

/* Whether we are in a user name space other than the first, as in an unprivileged container. Returns: 1, 0, or a negative errno. */
_must_check_ int overlay_has_user_attributes(void);
/* Whether the attribute is overlayfs's own: through an overlay it can't be seen. Returns: 1, 0, or a negative errno. */
_must_check_ int overlay_attribute_is_own(const char *attribute);
/* Reads the attribute @name ("opaque") of the file, O_PATH or not. Returns: as getxattr(2). */
ssize_t overlay_attribute_get(int fd, const char *name, void *value, size_t size);
/* Whether the file has an attribute that changes what is seen through another overlay of which it is a part. Returns: 1, 0, or a negative errno. */
_must_check_ int overlay_attributes_matter(int fd);
