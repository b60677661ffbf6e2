/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The versions between two package versions. In: from and to. Out: whether a directory's semantic version is between them, or the package
 * version that a manifest's "since" puts in its place. Pure.
 */

#include "catalog/semver.h"
#include "dpkg/deb-version.h"

struct version_range {
        struct deb_version from;
        struct deb_version to;
        char *from_key; /* the upstream part, padded to three numbers; unused if there is no lower bound */
        char *to_key;
        bool no_lower_bound; /* the epoch rose */
};

/* @from and @to must outlive @ret. Returns: 0, -EINVAL with @error set, or -ENOMEM. */
_must_check_ int version_range_init(struct version_range *ret, const char *from, const char *to, struct error *error);
void version_range_done(struct version_range *range);

/* Returns: -1 if @version is from or below it, 0 if it is in the range, 1 if it is above to. If the epoch fell, all are below. */
int version_range_locate(const struct version_range *range, const struct dmig_semver *version);
/*
 * The same for a package version, compared with its epoch and revision, without padding. Returns: 0, or -EINVAL if dpkg wouldn't accept
 * @version in a package.
 */
_must_check_ int version_range_locate_package_version(const struct version_range *range, const char *version, int *ret);

/*
 * Reads a version as a user types it: blanks around it and a "v" are dropped. The text after a "v" must be a semantic
 * version, but one or two numbers are enough: "v1.2.0-rc.1+build" is the package version "1.2.0~rc.1", and "v1.2" is "1.2". Returns: 0, -EINVAL with @error set, or -ENOMEM.
 */
_must_check_ int version_from_argument(const char *argument, char **ret, struct error *error);
