/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Loads a catalog. In: the directory of a package below /usr/lib/deploy-migrate and the administrator's below /etc/deploy-migrate. Out: its
 * migrations in order, or the first error, with path, reason and remedy. Nothing is skipped in silence.
 */

#include "catalog/catalog.h"

/*
 * A package without a directory has an empty catalog. Returns: 0, -EINVAL if @package isn't a package name, or -EBADMSG, -EPERM, -EXDEV,
 * -ELOOP or another errno; @error is set.
 */
_must_check_ int catalog_load(const struct root *root, const char *package, struct catalog **ret, struct error *error);
/*
 * The same for the source tree at @path of @package, which is NULL if its name isn't known: the files that the package would ship, without an administrator's
 * replacements. If @error->tell is set, the catalog has all that could be loaded despite errors.
 */
_must_check_ int catalog_load_source(const char *path, const char *package, struct catalog **ret, struct error *error);
