/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The lists of files that dpkg has of each package, from its first unpacking until it is purged. In: the directory that they are in. Out: whether
 * there is one of a package.
 */

#include "basic/macro.h"

/* @dir: open, of the directory "info"; taken over. Returns: 1, 0, -ENOENT if dpkg never put one there, or another negative errno. */
_must_check_ int dpkg_info_has_list(int dir, const char *package);
