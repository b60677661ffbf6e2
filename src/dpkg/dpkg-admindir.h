/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The directory of dpkg's database: its files, opened wherever it is, and what is said of one that can't be read. */

#include "basic/root.h"

struct dpkg_admindir {
        const struct root *root; /* NULL if the directory isn't below it; must outlive this */
        char *path;              /* with the root prepended */
};

/* @override: a directory that isn't below @root; NULL: /var/lib/dpkg below @root. Returns: 0 or -ENOMEM. */
_must_check_ int dpkg_admindir_init(struct dpkg_admindir *admindir, const struct root *root, const char *override);
void dpkg_admindir_done(struct dpkg_admindir *admindir);

/*
 * Whether there is no database, and nothing that would remain of a damaged one: an image has neither. Returns: 1, 0 or a negative errno.
 */
_must_check_ int dpkg_admindir_is_empty(const struct dpkg_admindir *admindir);
/* Opens the file or directory @name of it. Returns: a file descriptor or a negative errno. */
_must_check_ int dpkg_admindir_open(const struct dpkg_admindir *admindir, const char *name, int flags);
/* The path of @name, for messages. Returns: 0 or -ENOMEM. */
_must_check_ int dpkg_admindir_join(const struct dpkg_admindir *admindir, const char *name, char **ret);
/* Says in @error that @name, or the file @path, can't be read, and what to do. Returns: @code, a negative errno. */
int dpkg_admindir_explain(const struct dpkg_admindir *admindir, const char *name, int code, struct error *error);
int dpkg_file_explain(const char *path, int code, struct error *error);
