/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One version of a catalog. In: what lies in its directory, and in the administrator's of the same name. Out: its
 * migrations behind those that the catalog has, and a notice for what replaces nothing.
 */

#include "catalog/catalog.h"
#include "catalog/trusted-directory.h"

struct version_directories {
        const struct dmig_semver *version;
        const struct trusted_directory *vendor; /* without names where the package has no such version */
        const struct trusted_directory *admin;  /* without names where there is none */
};

int catalog_add_version(struct catalog *catalog, const struct version_directories *directories, struct error *error);

struct manifest_file {
        enum manifest_kind kind;
        const struct trusted_directory *directory;
        const char *name;
};

/* Puts what the file says over @manifest. */
int catalog_read_manifest(struct manifest *manifest, const struct manifest_file *file, struct error *error);
