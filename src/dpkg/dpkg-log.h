/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * dpkg.log and its rotations. In: the name of a package. Out: the oldest version of it that they mention. This is a hint, for machines on
 * which the package was upgraded before deploy-migrate was installed.
 */

#include "basic/root.h"

/*
 * Reads /var/log/dpkg.log and its rotations (.1, .2.gz, or -20240101.gz if logrotate uses dates) below @root, oldest first.
 * "install P <none> V" gives V; the last such line counts, since the package was new then, unless it was installed for another architecture.
 * Otherwise the OLD of the first "upgrade P OLD NEW" counts, or of "install P OLD NEW", which dpkg writes if the package was removed but not
 * purged. A "purge P" ends what was known.
 * Returns: 1 with a version in @ret; 0 if there are no logs or they don't mention the package; -EBADMSG if one is damaged; -EAGAIN if one
 * ends in the middle of a line, and -ENOENT if it isn't there though it is listed, time after time; or another errno. Then @error says which file it is, and
 * nothing is known of the package: what can't be read may be what matters.
 */
_must_check_ int dpkg_log_find_version(const struct root *root, const char *package, char **ret, struct error *error);
