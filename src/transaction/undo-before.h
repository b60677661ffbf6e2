/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How files were before a transaction, told by its log and its slots: for the check of an older one, which is undone behind it. */

#include "transaction/archive.h"

/* A transaction, and its changes by where things were. */
struct undo_before {
        const struct archived *archived; /* borrowed */
        const struct change **changes;
        size_t n;
};

/* Returns: 0 or -ENOMEM. */
int undo_before_init(struct undo_before *past, const struct archived *archived);
void undo_before_done(struct undo_before *past);

/*
 * What was at the absolute path *@path before that transaction. Returns: 1 with @ret, 0 where nothing was, -EAGAIN where it is what is
 * there behind it, at *@path as it is then, or another negative errno.
 */
int undo_before_look(const struct undo_before *past, char **path, struct stat *ret);

/* Makes of @path below the root of @area one below our root. Returns: 0 or -ENOMEM. */
int undo_before_format_path(const struct redo *redo, size_t area, const char *path, char **ret);
