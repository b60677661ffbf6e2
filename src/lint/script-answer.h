/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Exit statuses that check takes for an answer though they aren't one, and the other way round. In: a script. Out: findings. */

#include "lint/linter.h"
#include "lint/script.h"

/* Returns: 0 or -ENOMEM. */
_must_check_ int script_check_answers(struct linter *linter, const char *path, const struct script *script);
