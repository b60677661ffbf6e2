/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The context of one call. In: options and the environment. Out: a context that tells @cli what happens, and stops on signals. */

#include "cli/cli.h"

/* Returns: an exit status. */
int session_open(struct cli *cli);
