/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Directory trees to use as a root: made below $TMPDIR, removed with everything in them after the test case. */

#include "basic/root.h"

#include <check.h>

/* Unchecked fixtures of a test case: they run even if a test fails. */
void trees_setup(void);
void trees_teardown(void);
/* Ends what tests have mounted there in our own name space, where they aren't processes of their own. */
void trees_detach_mounts(void);
/* A new test case of @suite with these fixtures. */
TCase *trees_case(Suite *suite, const char *name, double timeout_sec);

/* A file, a directory or a symbolic link. */
struct tree_entry {
        const char *path; /* below the root */
        mode_t mode;      /* permissions, with S_IFDIR, S_IFLNK or S_IFIFO unless it is a regular file */
        const char *text; /* of a file or a link, NULL for an empty file */
};

/* Makes an empty tree. Like the functions below, it fails the test if it can't. */
struct root tree_new(void);
/* Makes the entry and its parent directories. */
void tree_add(const struct root *root, const struct tree_entry *entry);
/* Returns: the path of @path in @root, as the system sees it; valid until the next call. */
const char *tree_path(const struct root *root, const char *path);
