/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of a history, for the two halves of history.h: history.c reads it, history-append.c writes it. */

#include "history/history.h"

#define HISTORY_FILE_NAME "history.jsonl"

/* Returns: the directory of the package's state, open, or -ENOENT, or another negative errno. */
_must_check_ int history_open_dir(const struct root *root, const char *package);
