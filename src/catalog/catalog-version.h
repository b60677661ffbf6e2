/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One version of a catalog. In: the files in its directory, and in the administrator's of the same name. Out: its migrations, appended to the
 * catalog, and a notice for each of the administrator's files that replaces nothing.
 */

#include "catalog/catalog.h"
#include "catalog/trusted-directory.h"

struct version_directories {
        const struct dmig_semver *version;
        const struct trusted_directory *vendor; /* without names if the package has no such version */
        const struct trusted_directory *admin;  /* without names if there is none */
};

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int catalog_add_version(struct catalog *catalog, const struct version_directories *directories,
                                     struct error *error);

struct manifest_file {
        enum manifest_kind kind;
        const struct trusted_directory *directory;
        const char *name;
};

/* Overrides @manifest by the keys in the file. Returns: 0, or a negative errno with @error set. */
_must_check_ int catalog_read_manifest(struct manifest *manifest, const struct manifest_file *file,
                                       struct error *error);
