/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What became of migrations since they were shipped. In: a directory of migrations in a git work tree, and the commit that was shipped. Out: a
 * finding for each that machines which have that version would miss.
 */

#include "basic/error.h"

/* @path: of the migration, beginning with the directory as it was given. */
typedef void (*shipped_fn)(const char *path, const char *text, void *userdata);

struct shipped_request {
        const char *directory;
        const char *commit;
        shipped_fn fn;
        void *userdata;
};

/* Returns: 0, or a negative errno with @error set, -EINVAL if git doesn't know the commit or the directory. */
_must_check_ int shipped_check(const struct shipped_request *request, struct error *error);
