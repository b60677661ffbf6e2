/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * If nothing tells a version: that of the package, on an image without a package database and without a version file; or that of the data, if the
 * state isn't kept from one boot to the next. In: the migrations, the file systems. Out: a version that can be relied on as far as nothing has to
 * be migrated, or an error: a service must not start on old data.
 */

#include "package/upgrade.h"

/*
 * Whether the running system was made without a package database, as images are; a damaged one is not taken for that. Below a root that was named, a
 * database is always expected. Returns: 1, 0 or a negative errno.
 */
_must_check_ int unversioned_is_machine(const struct dmig *ctx);
/*
 * The package has the newest of its migrations, so it is at least of their version. Returns: 1 with that in @ret, 0 if it has none, or a negative
 * errno with @error set.
 */
_must_check_ int unversioned_find_version(const struct upgrade_request *request, char **ret, struct error *error);
/*
 * Before the data of a package without a history is taken to be of the installed version. Returns: 0, or a negative errno with @error set, -ENODATA
 * if the data outlives a boot, but the history doesn't.
 */
_must_check_ int unversioned_check_data(const struct upgrade_request *request, struct error *error);
