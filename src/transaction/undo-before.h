/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The files as they were before a transaction, reconstructed from its log and slots. The check of an older transaction needs them, since
 * the newer one is undone first.
 */

#include "transaction/archive.h"

/* A transaction, and its changes by old path. */
struct undo_before {
        const struct archived *archived; /* borrowed */
        const struct change **changes;
        size_t n;
};

/* Returns: 0 or -ENOMEM. */
int undo_before_init(struct undo_before *before, const struct archived *archived);
void undo_before_done(struct undo_before *before);

/*
 * Finds the file that was at the absolute path *@path before the transaction. Returns: 1 with @ret, 0 if there was none, -EAGAIN if the
 * transaction didn't change it, with *@path replaced by its path after the transaction, or another negative errno.
 */
int undo_before_look(const struct undo_before *before, char **path, struct stat *ret);
