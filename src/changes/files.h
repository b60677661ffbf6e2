/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The changed files of deploy-migrate.h. In: changes. Out: a list with absolute paths, for reports, and its inverse, for those of undo. */

#include "basic/macro.h"
#include "changes/changes.h"
#include "deploy-migrate.h"

#include <sys/stat.h>

struct dmig_file {
        const char *kind; /* static */
        char *path;
        char *from;
        mode_t mode_before, mode_after;
        int64_t size_before, size_after;
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
/* Takes ownership of the strings of @file, also on failure. Returns: 0 or -ENOMEM. */
_must_check_ int files_add(struct dmig_files *files, const struct dmig_file *file);
/*
 * Adds @change of the area whose root is @root, unless it is a CHANGE_ENTRIES, which isn't reported. Returns: 1 if it was added, 0 if not,
 * or -ENOMEM.
 */
_must_check_ int files_add_change(struct dmig_files *files, const char *root, const struct change *change);
/* Makes the list of what an undo does: what was created is removed, and so on, in the same order. Returns: 0 or -ENOMEM. */
int files_invert(const struct dmig_files *files, struct dmig_files **ret);
