/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * dpkg.log and its rotations: the oldest thing that they say about a package's version. A hint, for machines where the
 * package was upgraded before deploy-migrate came.
 */

#include "basic/root.h"

/*
 * Reads /var/log/dpkg.log and its rotations (.1, .2.gz, or -20240101.gz where logrotate was told to use dates) below @root,
 * oldest first. "install P <none> V" gives V, the last such line counts, since the package was new then, unless it only came
 * for another architecture; else the OLD of the first "upgrade P OLD NEW", or of an "install P OLD NEW", which is
 * the same with a package that was removed but not purged.
 * Returns: 1 with a version in @ret, 0 when the logs are absent or say nothing, or a negative errno with @error set:
 * -EBADMSG where a compressed one is damaged.
 */
int dpkg_log_find_version(const struct root *root, const char *package, char **ret, struct error *error);
