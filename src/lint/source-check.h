/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a source package lacks beside its migrations: fixtures to test them, and units that wait for them. Out: findings. */

#include "lint/linter.h"

/* Each returns 0, or a negative errno with the context's error set. Neither says anything outside of a Debian source tree, or of files that are already installed for a package. */
_must_check_ int source_check_fixtures(struct linter *linter, const struct catalog *catalog);
_must_check_ int source_check_units(struct linter *linter);
