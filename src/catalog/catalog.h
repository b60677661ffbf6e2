/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The migrations that a package ships, with their versions and manifests, sorted. catalog-load.h fills it in. */

#include "basic/path.h"
#include "basic/root.h"
#include "basic/strv.h"
#include "catalog/manifest.h"
#include "catalog/semver.h"
#include "catalog/trusted-directory.h"

struct migration {
        char *path;     /* below the root, of the program: the administrator's file if there is one */
        const char *id; /* "1.1.0/001_rename_key.py": the end of the path */
        unsigned number;
        bool masked;                       /* a link to /dev/null replaces it */
        bool python_module;                /* a .py that isn't executable */
        const struct dmig_semver *version; /* of its directory, owned by the catalog, like the manifest */
        const struct manifest *manifest;
};

struct catalog {
        char *package;
        struct migration *migrations; /* by version, then by number */
        size_t n_migrations;
        struct dmig_semver **versions; /* ascending */
        size_t n_versions;
        struct manifest defaults; /* of migrations that have no manifest of their own */
        struct manifest **manifests;
        size_t n_manifests;
        struct strv notices;    /* about files that have no effect */
        struct lh_table *index; /* finds a migration by its id */
};

/* Makes an empty catalog. Returns: 0 or -ENOMEM. */
_must_check_ int catalog_new(const char *package, struct catalog **ret);
struct catalog *catalog_free(struct catalog *catalog);
DEFINE_CLEANUP(struct catalog *, catalog_free);

/* Returns: the migration, or NULL. */
const struct migration *catalog_find(const struct catalog *catalog, const char *id);

/*
 * Adds what @migration may write to; in place of a migration without a transaction, of which that isn't known, stand the package's own
 * directories, in which most data is. Returns: 0 or -ENOMEM.
 */
_must_check_ int catalog_list_writes(const struct catalog *catalog, const struct migration *migration,
                                     struct strv *ret);

/* Notes that the file @name in @directory has no effect. Returns: 0 or -ENOMEM. */
_must_check_ int catalog_add_notice(struct catalog *catalog, const struct trusted_directory *directory,
                                    const char *name, const char *reason);
