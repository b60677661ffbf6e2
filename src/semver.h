/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Semantic Versioning 2.0.0: see deploy-migrate.h for the rules. Text in, values out. */

#include "deploy-migrate.h"
#include "macro.h"

DEFINE_CLEANUP(struct dmig_semver *, dmig_semver_free);

/* Returns: -1, 0 or 1. */
int semver_cmp(const struct dmig_semver *a, const struct dmig_semver *b);
