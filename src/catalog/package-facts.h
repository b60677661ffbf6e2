/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a package's directory says of the package itself. In: its package.json, its file "version", os-release. Out: its former names, and the
 * installed version of software that dpkg doesn't install.
 */

#include "basic/root.h"
#include "catalog/package-keys.h"

struct package_facts {
        struct package_keys keys;
        char *version; /* a package version, NULL if only dpkg knows it */
};

/* Returns: 0, also if the package has no directory; or a negative errno with @error set, which names the file. */
_must_check_ int package_facts_read(const struct root *root, const char *package, struct package_facts *ret,
                                    struct error *error);
void package_facts_done(struct package_facts *facts);

struct trusted_directory;
/* Reads the version from the file in the package's directory. Returns: 1, 0 if there is no such file, or as package_facts_read(). */
_must_check_ int package_version_read(const struct trusted_directory *directory, char **ret, struct error *error);
