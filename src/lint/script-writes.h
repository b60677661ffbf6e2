/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files that a migration writes to and doesn't declare, as far as a reader of its text can tell. In: a script, and its manifest. Out: findings.
 * It would be told all when it is run; this comes first.
 */

#include "lint/linter.h"
#include "lint/script.h"

/* Returns: 0 or -ENOMEM. */
_must_check_ int script_check_writes(struct linter *linter, const struct migration *migration,
                                     const struct script *script);
