/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of packages, migrations and manifests. In: a name. Out: whether it is valid, and which it is. Pure. */

#include "basic/macro.h"

#include <stddef.h>

#define MIGRATION_NUMBER_SIZE 3U /* digits, with which the name of a migration begins */

/* Files beside the version directories. */
#define DEFAULTS_NAME "package.json"
#define VERSION_NAME  "version"

/* Whether dpkg accepts @name as a package name. A path made of a valid name stays in its directory. */
bool package_name_is_valid(const char *name);

/* Whether @name is NNN_name[.ext], a migration or a manifest. */
bool migration_name_is_valid(const char *name);
bool migration_name_is_manifest(const char *name);
bool migration_name_is_program(const char *name);
/* Whether @name is ignored in a version directory. */
bool migration_name_is_passed_over(const char *name);
/* Returns: the length of @name without its extensions. */
size_t migration_name_stem(const char *name);
bool migration_name_has_extension(const char *name, const char *extension);

/* Whether @name, directly in a package's directory, must be the name of a version directory. */
bool package_entry_is_version_directory(const char *name);
/* Returns: why @name, directly in a package's directory, has no effect though it looks as if it had one; NULL if it doesn't look so. */
const char *package_entry_explain(const char *name);
