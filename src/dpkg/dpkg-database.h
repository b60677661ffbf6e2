/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What dpkg says about packages: `status` with the journal in `updates/` over it, read without a lock and
 * started over when dpkg writes meanwhile. In: the database directory and the names to look for. Out: one answer a
 * package. Read only.
 */

#include "basic/root.h"
#include "dpkg/dpkg-packages.h"

struct dpkg_database;

/*
 * Opens the database in @admindir: below @root, which must outlive the database, where @admindir is NULL (/var/lib/dpkg).
 * @wanted: sorted names, ended by NULL; NULL wants all.
 * Returns: 0, -ENOENT where there is no database, -EBADMSG where it can't be parsed, -EAGAIN where it didn't hold still for
 * hundreds of tries; @error is set.
 */
int dpkg_database_read(const struct root *root, const char *admindir, char *const *wanted, struct dpkg_database **ret,
                       struct error *error);
struct dpkg_database *dpkg_database_free(struct dpkg_database *database);
DEFINE_CLEANUP(struct dpkg_database *, dpkg_database_free);

/* Returns: the package, or NULL where the database doesn't know it (or it wasn't wanted). */
const struct dpkg_package *dpkg_database_find(const struct dpkg_database *database, const char *name);
/* Whether @name was among those that the database was read for. */
bool dpkg_database_covers(const struct dpkg_database *database, const char *name);
/* Returns: 1 when the files still are those that were read, 0 when dpkg wrote since, or a negative errno. */
int dpkg_database_is_current(const struct dpkg_database *database);
