/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each program of others finds in its environment, whoever calls us: nothing of the caller's own gets there. In: a root. Out: variables. */

#include "basic/root.h"
#include "basic/strv.h"

/* Adds PATH, LANG and HOME to @envp, and below another root than "/" DPKG_ROOT. Returns: 0 or -ENOMEM. */
_must_check_ int program_environment_add(struct strv *envp, const struct root *root);
