/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Directories whose files root runs. In: a path, or a directory and a name in it. Out: the directory, opened without
 * following a link to it and known to be writable by nobody but root, and the names in it.
 */

#include "basic/root.h"

#include <stddef.h>

struct directory {
        int fd;
        char *path;     /* with the root before it, for messages */
        size_t n_root;  /* how much of it is the root */
        bool is_source; /* nothing is run from it, so that it doesn't matter whose it is */
        char **names;   /* sorted, without hidden ones; none until directory_read() */
        size_t n_names;
};

#define DIRECTORY_NONE       \
        {                    \
                .fd = -EBADF \
        }

/*
 * Opens the directory with the absolute path @path below @root. Links in @path are followed, as far as the root goes.
 * Returns: 0, -ENOENT without a message, or another errno with @error set.
 */
int directory_open(const struct root *root, const char *path, struct directory *ret, struct error *error);
/* The same for a source tree: @path is the caller's, without a root. */
int directory_open_source(const char *path, struct directory *ret, struct error *error);
/* The same for @name in @parent, not through a link. */
int directory_open_at(const struct directory *parent, const char *name, struct directory *ret, struct error *error);
/* Whether root may use what is in @directory and has @st. Returns: as check_trusted(). */
int directory_check_trusted(const struct directory *directory, const struct stat *st, const char **ret_reason);
/* Fills in the names. */
int directory_read(struct directory *directory, struct error *error);
bool directory_has(const struct directory *directory, const char *name);
void directory_done(struct directory *directory);
#define _cleanup_directory_ _cleanup_(directory_done)

/* As the system sees it from the root: without what stands before it in messages. Returns: 0 or -ENOMEM. */
int directory_join(const struct directory *directory, const char *name, char **ret);
