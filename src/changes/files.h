/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The changed files of deploy-migrate.h. In: changes. Out: a list with absolute paths, for reports, and its inverse, for those of undo. */

#include "basic/macro.h"
#include "changes/changes.h"
#include "deploy-migrate.h"

#include <sys/stat.h>

/* A value of NULL: it isn't there. */
struct dmig_xattr {
        char *name;
        void *before, *after;
        size_t size_before, size_after;
};

/* A file before the change, or after it; mode is 0 if there is none. */
struct file_side {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        int64_t size; /* -1 if it isn't a regular file */
        char *target; /* of a symbolic link; else NULL */
};

struct dmig_file {
        const char *kind; /* static */
        char *path;
        char *from;
        struct file_side before, after;
        struct dmig_xattr *xattrs; /* sorted by name */
        size_t n_xattrs;
        char *diff;
};

struct dmig_files {
        struct dmig_file *files;
        size_t n;
};

/* Returns: 0 or -ENOMEM. */
int files_new(struct dmig_files **ret);
struct dmig_files *files_free(struct dmig_files *files);
DEFINE_CLEANUP(struct dmig_files *, files_free);
/* Takes ownership of what @file points to, also on failure. Returns: 0 or -ENOMEM. */
_must_check_ int files_add(struct dmig_files *files, struct dmig_file *file);
/*
 * Adds @change of the area whose root is @root, unless it is a CHANGE_ENTRIES, which isn't reported. Returns: 1 if it was added, 0 if not,
 * or -ENOMEM.
 */
_must_check_ int files_add_change(struct dmig_files *files, const char *root, const struct change *change);
/* Sorts by path, and drops all but one of each. Takes NULL. */
void files_sort(struct dmig_files *files);
/* Makes the list of what an undo does: what was created is removed, and so on, in the same order. Returns: 0 or -ENOMEM. */
int files_invert(const struct dmig_files *files, struct dmig_files **ret);
