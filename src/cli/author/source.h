/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A Debian source tree. In: a directory in it. Out: what the first entry of its debian/changelog says. */

#include "basic/error.h"

struct source {
        char *path; /* of the source tree */
        char *package;
        char *version; /* as in the changelog */
};

/* Looks in @directory and above it. Returns: 1, 0 if there is no debian/changelog, or a negative errno with @error set. */
_must_check_ int source_find(const char *directory, struct source *ret, struct error *error);
void source_done(struct source *source);
#define _cleanup_source_ _cleanup_(source_done)

/*
 * The name of the version directory, without its "v", for changes that come with the package version @version: its upstream part as a
 * semantic version. Returns: 0, -EINVAL with @error set if it can't be told, or -ENOMEM.
 */
_must_check_ int source_version_to_semver(const char *version, char **ret, struct error *error);
