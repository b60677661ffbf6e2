/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Directories whose files root runs. In: a path, or a directory and a name in it. Out: the open directory, which only root can write to, and
 * the names in it.
 */

#include "basic/root.h"
#include "basic/strv.h"

struct trusted_directory {
        int fd;
        char *path;        /* with the root prepended, for messages */
        size_t n_root;     /* the length of the root in it */
        bool is_source;    /* nothing runs from it, so its owner and mode don't matter */
        struct strv names; /* sorted, without hidden files; empty until trusted_directory_read() */
};

#define TRUSTED_DIRECTORY_NONE \
        {                      \
                .fd = -EBADF   \
        }

/*
 * Opens the absolute path @path below @root. Links in @path are followed, but not out of the root. Returns: 0, -ENOENT without a message, or
 * another errno with @error set.
 */
_must_check_ int trusted_directory_open(const struct root *root, const char *path, struct trusted_directory *ret,
                                        struct error *error);
/* The same for a source tree, whose @path isn't below a root. */
_must_check_ int trusted_directory_open_source(const char *path, struct trusted_directory *ret, struct error *error);
/* The same for @name in @parent, which must not be a link. */
_must_check_ int trusted_directory_open_at(const struct trusted_directory *parent, const char *name,
                                           struct trusted_directory *ret, struct error *error);
/* Whether root may use a file in @directory that has @st. Returns: as io_check_trusted(). */
_must_check_ int trusted_directory_check(const struct trusted_directory *directory, const struct stat *st,
                                         const char **ret_reason);
/* Fills in the names. Returns: 0, or a negative errno with @error set. */
_must_check_ int trusted_directory_read(struct trusted_directory *directory, struct error *error);
bool trusted_directory_has(const struct trusted_directory *directory, const char *name);
/* Says in @error that the file or directory @path can't be read, and what to do. Returns: @code, a negative errno. */
int trusted_file_explain(int code, const char *path, struct error *error);
void trusted_directory_done(struct trusted_directory *directory);
#define _cleanup_trusted_directory_ _cleanup_(trusted_directory_done)

/* Returns: 1, 0 if there is nothing with that name, or a negative errno with @error set. */
_must_check_ int trusted_directory_look_for(const struct trusted_directory *directory, const char *name,
                                            struct error *error);
/* Whether the file @name, which has @st, is a regular file that root may use. Returns: 0, -EBADMSG or -EPERM with @error set. */
_must_check_ int trusted_directory_check_file(const struct trusted_directory *directory, const char *name,
                                              const struct stat *st, struct error *error);

struct trusted_file {
        const char *name;
        size_t size_max;
};

/* Reads such a file, and appends a NUL, which @ret_size doesn't count. Returns: 0, or a negative errno with @error set. */
_must_check_ int trusted_directory_read_file(const struct trusted_directory *directory, const struct trusted_file *file,
                                             char **ret, size_t *ret_size, struct error *error);

/* Returns: 0 with the path of @name in @directory, as it is below the root, or -ENOMEM. */
_must_check_ int trusted_directory_join(const struct trusted_directory *directory, const char *name, char **ret);
