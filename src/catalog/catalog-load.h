/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads a catalog. In: the directories of a package. Out: its migrations in order, or the one thing that is wrong with them, with path, reason
 * and remedy.
 */

#include "catalog/catalog.h"

/*
 * Returns: 0 (a package without a directory has an empty catalog), -EINVAL where @package is no package name, or
 * -EBADMSG, -EPERM, -EXDEV, -ELOOP and the like with @error naming path, reason and remedy.
 */
int catalog_load(const struct root *root, const char *package, struct catalog **ret, struct error *error);
/*
 * The same for the source tree of a package, which is at @path, whatever its name: what the package would ship, without an
 * administrator's replacements. With @error->tell it holds what could be made of it.
 */
int catalog_load_source(const char *path, struct catalog **ret, struct error *error);
