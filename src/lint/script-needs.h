/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Programs and modules that a migration uses, compared with what its package depends on. In: a script. Out: findings. */

#include "lint/linter.h"
#include "lint/script.h"

/* Returns: 0 or -ENOMEM. */
_must_check_ int script_check_needs(struct linter *linter, const char *path, const struct script *script);
