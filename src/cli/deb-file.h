/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A Debian package that isn't installed yet. In: its file. Out: its name and version, and, for this process alone, its migrations in the place of
 * those that are installed.
 */

#include "basic/error.h"

struct deb_file {
        char *package, *version;
        char *directory; /* of all migrations, covered by a file system of ours; NULL: it isn't */
        char *made;      /* the first of the directories that had to be made for that; NULL: none */
};

/* Whether an argument names such a file rather than a package. */
bool deb_file_is(const char *argument);
/*
 * @root: of the system, "" for "/". What was opened of it before doesn't see the package's migrations. Returns: 0, or a negative errno with @error
 * set.
 */
_must_check_ int deb_file_open(const char *path, const char *root, struct deb_file *ret, struct error *error);
/* Uncovers what is installed. */
void deb_file_done(struct deb_file *file);
