/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The library's context for one call. In: options and the environment. Out: a context whose callbacks report to @cli and which
 * signals stop.
 */

#include "cli/cli.h"

/* Returns: the exit status; EXIT_DONE: the context is open. */
int session_open(struct cli *cli);
/* Opens it anew, after mounts have changed. Returns: as session_open(). */
int session_reopen(struct cli *cli);
/* Returns: the directory that the system is in, "" for "/". */
const char *session_root(const struct cli *cli);
