/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What deploy-migrate.h says of changed files. In: changes. Out: a list with whole paths, for people and for undo's own report. */

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

int files_new(struct dmig_files **ret);
struct dmig_files *files_free(struct dmig_files *files);
DEFINE_CLEANUP(struct dmig_files *, files_free);
/* Takes over the strings of @file, on failure too. Returns: 0 or -ENOMEM. */
int files_add(struct dmig_files *files, const struct dmig_file *file);
/*
 * Adds what @change, of the area whose root is at @root, did; nothing where nobody is told of it. Returns: 1 when it was added, 0 when not,
 * or -ENOMEM.
 */
int files_add_change(struct dmig_files *files, const char *root, const struct change *change);
/* What undoes it: what was made is removed, and so on, in the same order. Returns: 0 or -ENOMEM. */
int files_invert(const struct dmig_files *files, struct dmig_files **ret);
