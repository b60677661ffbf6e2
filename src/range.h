/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which versions lie between two package versions. In: from and to. Out: yes or no for a directory's
 * semantic version, or for the package version that a manifest's "since" gives in its place.
 */

#include "deb-version.h"
#include "semver.h"

struct range {
        struct deb_version from; /* meaningless where there is no lower bound */
        struct deb_version to;
        char *from_key; /* the upstream part, padded to three numbers */
        char *to_key;
        bool no_lower_bound; /* the epoch rose */
};

/* @from and @to must outlive @ret. Returns: 0, -EINVAL with @error set, or -ENOMEM. */
int range_init(struct range *ret, const char *from, const char *to, struct error *error);
void range_done(struct range *range);

/* Where @version lies: -1 at or below from, 0 in the range, 1 above to. Returns: 0, or -ENOMEM. */
int range_locate(const struct range *range, const struct dmig_semver *version, int *ret);
/* The same for a package version, epoch and revision included. Returns: 0, or -EINVAL. */
int range_locate_package_version(const struct range *range, const char *version, int *ret);

/*
 * A version as people type it: surrounding blanks and a "v" are dropped, and behind a "v" a semantic
 * pre-release "-rc.1" becomes "~rc.1", so that what is left is a package version in every case.
 * Returns: 0, -EINVAL with @error set, or -ENOMEM.
 */
int version_from_argument(const char *argument, char **ret, struct error *error);
