/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Directories whose files root runs. In: a path, or a directory and a name in it. Out: the directory, opened without
 * following a link to it and known to be writable by nobody but root, and the names in it.
 */

#include "basic/root.h"

#include <stddef.h>

struct trusted_directory {
        int fd;
        char *path;     /* with the root before it, for messages */
        size_t n_root;  /* how much of it is the root */
        bool is_source; /* nothing is run from it, so that it doesn't matter whose it is */
        char **names;   /* sorted, without hidden ones; none until trusted_directory_read() */
        size_t n_names;
};

#define TRUSTED_DIRECTORY_NONE \
        {                      \
                .fd = -EBADF   \
        }

/*
 * Opens the directory with the absolute path @path below @root. Links in @path are followed, as far as the root goes.
 * Returns: 0, -ENOENT without a message, or another errno with @error set.
 */
int trusted_directory_open(const struct root *root, const char *path, struct trusted_directory *ret,
                           struct error *error);
/* The same for a source tree: @path is the caller's, without a root. */
int trusted_directory_open_source(const char *path, struct trusted_directory *ret, struct error *error);
/* The same for @name in @parent, not through a link. */
int trusted_directory_open_at(const struct trusted_directory *parent, const char *name, struct trusted_directory *ret,
                              struct error *error);
/* Whether root may use what is in @directory and has @st. Returns: as io_check_trusted(). */
int trusted_directory_check(const struct trusted_directory *directory, const struct stat *st, const char **ret_reason);
/* Fills in the names. */
int trusted_directory_read(struct trusted_directory *directory, struct error *error);
bool trusted_directory_has(const struct trusted_directory *directory, const char *name);
void trusted_directory_done(struct trusted_directory *directory);
#define _cleanup_trusted_directory_ _cleanup_(trusted_directory_done)

/* As the system sees it from the root: without what stands before it in messages. Returns: 0 or -ENOMEM. */
int trusted_directory_join(const struct trusted_directory *directory, const char *name, char **ret);
