/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Semantic Versioning 2.0.0, by the rules in deploy-migrate.h. Text in, values out. Pure. */

#include "basic/macro.h"
#include "deploy-migrate.h"

DEFINE_CLEANUP(struct dmig_semver *, dmig_semver_free);

/* Returns: -1, 0 or 1. */
int semver_cmp(const struct dmig_semver *a, const struct dmig_semver *b);
/* Returns: the version as the upstream part of a package version: "1.2.0~rc.1" for "1.2.0-rc.1+build". */
const char *semver_get_upstream(const struct dmig_semver *version);
