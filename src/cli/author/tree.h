/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is in a tree, to be compared with another one. In: a directory, as the root of a system. Out: its files, apart from those of deploy-migrate
 * itself; and in which way two trees differ.
 */

#include "basic/error.h"
#include "basic/strv.h"

#include <sys/stat.h>

struct tree_file {
        char *path; /* below the root, without a slash before it */
        struct stat st;
        char *target;  /* of a symbolic link, else NULL */
        size_t linked; /* the index of the first name of the same file */
};

struct tree {
        char *root;
        struct tree_file *files; /* by path */
        size_t n;
};

/* @directory: NULL for an empty tree. Returns: 0, or a negative errno with @error set. */
_must_check_ int tree_read(const char *directory, struct tree *ret, struct error *error);
void tree_done(struct tree *tree);
#define _cleanup_tree_ _cleanup_(tree_done)

/* Gives to root what belongs to the owner of the tree's top, if we are root. Returns: 0, or a negative errno with @error set. */
_must_check_ int tree_take_over(const struct tree *tree, struct error *error);

struct tree_comparison {
        const struct tree *expected, *found;
        bool times; /* besides content, types, modes, owners and links, when a file was written */
};

/*
 * Appends to @ret a line for each file that differs, and the lines of a diff where its content does. The trees must still be there. What
 * belongs to the owner of the tree's top counts as root's, since a checkout of sources has no owners. Returns: 0, or a negative errno with
 * @error set.
 */
_must_check_ int tree_compare(const struct tree_comparison *request, struct strv *ret, struct error *error);
