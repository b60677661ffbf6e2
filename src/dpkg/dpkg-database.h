/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What dpkg knows of packages: `status`, overridden by the journal in `updates/`, read without a lock, and read again if dpkg writes
 * meanwhile. In: the directory of the database and the names to look for. Out: one answer a package. Writes nothing.
 */

#include "basic/root.h"
#include "dpkg/dpkg-packages.h"

struct dpkg_database;

struct dpkg_database_request {
        const struct root *root; /* must outlive the database */
        const char *admindir;    /* not below the root; NULL: /var/lib/dpkg below the root */
        char *const *wanted;     /* sorted names that end with NULL, at least one; NULL: all packages */
};

/*
 * Returns: 0, -ENOENT if there is no database, -EBADMSG if it can't be parsed, -EAGAIN if dpkg changed it during each of hundreds of tries,
 * or another errno; @error is set.
 */
_must_check_ int dpkg_database_read(const struct dpkg_database_request *request, struct dpkg_database **ret,
                                    struct error *error);
struct dpkg_database *dpkg_database_free(struct dpkg_database *database);
DEFINE_CLEANUP(struct dpkg_database *, dpkg_database_free);

/* Returns: the package, or NULL if it isn't in the database (or wasn't wanted). */
const struct dpkg_package *dpkg_database_find(const struct dpkg_database *database, const char *name);
/*
 * Whether dpkg has a list of the files of @name, as it does until the package is purged, whatever happens to the status file. Returns: 1, 0,
 * -ENOENT if it never had one of any package, or another negative errno; @error is set.
 */
_must_check_ int dpkg_database_has_list(const struct dpkg_database *database, const char *name, struct error *error);
/* Its directory, for messages. */
const char *dpkg_database_directory(const struct dpkg_database *database);
/* Whether @name is one of the packages that the database was read for. */
bool dpkg_database_covers(const struct dpkg_database *database, const char *name);
/* Returns: 1 if the files still are those that were read, 0 if dpkg has written since, or a negative errno. */
int dpkg_database_is_current(const struct dpkg_database *database);
