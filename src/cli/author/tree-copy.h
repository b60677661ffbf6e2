/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Copies of trees, made by cp(1) and tar(1). In: a directory. Out: a new one with the same files, with all attributes. */

#include "basic/error.h"

/* In which order the files are made. */
enum tree_order {
        TREE_AS_LISTED, /* as the directories list them */
        TREE_SORTED,
        TREE_REVERSED,
};

/* Each returns 0, or a negative errno with @error set. @to must not be there. */
_must_check_ int tree_copy(const char *from, const char *to, enum tree_order order, struct error *error);
/* Copies @directory as a package would install it, as @name into the directory @to: its files are root's, and only root can write to them. */
_must_check_ int tree_install(const char *directory, const char *to, const char *name, struct error *error);
/* Removes from a copy of a root what isn't the tree's: deploy-migrate's own directories. */
_must_check_ int tree_strip(const char *path, struct error *error);
