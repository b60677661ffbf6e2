/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The migrations that a package ships. In: its directory below /usr/lib/deploy-migrate and the administrator's below
 * /etc/deploy-migrate. Out: a sorted list, or the one thing that is wrong with them. Nothing is skipped in silence.
 */

#include "basic/path.h"
#include "basic/root.h"
#include "catalog/manifest.h"
#include "catalog/semver.h"
#include "catalog/trusted-directory.h"

struct migration {
        char *path;     /* from the root: what is run, the administrator's file where there is one */
        const char *id; /* "1.1.0/001_rename_key.py": the end of the path */
        unsigned number;
        bool masked;                       /* a link to /dev/null stands in its place */
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
        struct manifest defaults; /* what migrations without a manifest of their own share */
        struct manifest **manifests;
        size_t n_manifests;
        char **notices; /* what isn't wrong, but somebody should hear: files that have no effect */
        size_t n_notices;
        struct lh_table *index; /* finds a migration by its id */
};

/* An empty catalog. Returns: 0 or -ENOMEM. */
int catalog_new(const char *package, struct catalog **ret);
struct catalog *catalog_free(struct catalog *catalog);
DEFINE_CLEANUP(struct catalog *, catalog_free);

/* Returns: the migration, or NULL. */
const struct migration *catalog_find(const struct catalog *catalog, const char *id);

/* Notes that the administrator's file @name in @directory has no effect, and why. */
int catalog_add_notice(struct catalog *catalog, const struct trusted_directory *directory, const char *name,
                       const char *reason);
