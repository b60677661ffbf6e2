/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Directory trees to use as a root: made below $TMPDIR, removed with all that is in them when the test case ends. */

#include "basic/root.h"

#include <check.h>

/* Fixtures of a test case, unchecked, so that they also run where a test fails. */
void trees_setup(void);
void trees_teardown(void);
/* A new test case of @suite with these fixtures. */
TCase *trees_case(Suite *suite, const char *name, double timeout_sec);

/* A file, a directory or a symbolic link. */
struct tree_entry {
        const char *path; /* below the root */
        mode_t mode;      /* permissions, with S_IFDIR, S_IFLNK or S_IFIFO where it is no regular file */
        const char *text; /* of a file or a link, NULL for an empty file */
};

/* An empty tree. Ends the test where that can't be done, as the others do. */
struct root tree_new(void);
/* Makes the entry, and directories on its way. */
void tree_add(const struct root *root, const struct tree_entry *entry);
/* The path of @path in @root, as the system sees it; valid until the next call. */
const char *tree_path(const struct root *root, const char *path);
