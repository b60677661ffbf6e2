/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which versions lie between two package versions. In: from and to. Out: yes or no for a directory's
 * semantic version, or for the package version that a manifest's "since" gives in its place.
 */

#include "catalog/semver.h"
#include "dpkg/deb-version.h"

struct version_range {
        struct deb_version from;
        struct deb_version to;
        char *from_key; /* the upstream part, padded to three numbers; has no meaning where there is no lower bound */
        char *to_key;
        bool no_lower_bound; /* the epoch rose */
};

/* @from and @to must outlive @ret. Returns: 0, -EINVAL with @error set, or -ENOMEM. */
int version_range_init(struct version_range *ret, const char *from, const char *to, struct error *error);
void version_range_done(struct version_range *range);

/* Returns: where @version lies: -1 at or below from, 0 in the range, 1 above to. A fallen epoch has all below. */
int version_range_locate(const struct version_range *range, const struct dmig_semver *version);
/*
 * The same for a package version: the whole of it counts, epoch and revision included, and nothing is padded.
 * Returns: 0, or -EINVAL where dpkg would not accept @version in a package.
 */
int version_range_locate_package_version(const struct version_range *range, const char *version, int *ret);

/*
 * A version as people type it: surrounding blanks and a "v" are dropped. What stands behind a "v" is read as a
 * semantic version: "v1.2.0-rc.1+build" is the package version "1.2.0~rc.1", and "v1.2" is "1.2".
 * Returns: 0, -EINVAL with @error set, or -ENOMEM.
 */
int version_from_argument(const char *argument, char **ret, struct error *error);
