/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the names say that packages, and the files in their directories, have. Pure. */

#include "basic/macro.h"

#include <stddef.h>

#define MIGRATION_NUMBER_SIZE 3U /* digits, which the name of a migration begins with */

/* A package name as dpkg takes it; also what keeps paths that are made of it below their directory. */
bool package_name_is_valid(const char *name);

/* NNN_name[.ext], which a manifest is, too. */
bool migration_name_is_valid(const char *name);
bool migration_name_is_manifest(const char *name);
bool migration_name_is_program(const char *name);
/* Whether @name may be in a version directory without being of a migration. */
bool migration_name_is_passed_over(const char *name);
/* Returns: how long @name is without its extensions. */
size_t migration_name_stem(const char *name);
bool migration_name_has_extension(const char *name, const char *extension);

/* Returns: why @name, directly in a package's directory, has no effect though it looks as if it should; NULL where it doesn't. */
const char *package_entry_explain(const char *name);
