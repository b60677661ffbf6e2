/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files for a new migration. In: its name, and what it is for. Out: a program to fill in, with the next free number of its version, a manifest
 * and a fixture for its test.
 */

#include "basic/error.h"
#include "basic/strv.h"

struct new_migration {
        const char *name;
        const char *directory; /* of the migrations */
        const char *version;   /* semantic; NULL: that of debian/changelog */
        const char *language;  /* "sh", "python" or "c" */
};

struct new_migration_result {
        char *program;     /* where it is to be filled in */
        struct strv files; /* all that was made */
};

/*
 * Returns: 0; -EINVAL if the request isn't valid, or a version has to be given; -EEXIST if a file is there already; or another errno; @error is
 * set. What was made before a failure stays, and is in @ret.
 */
_must_check_ int new_migration_make(const struct new_migration *request, struct new_migration_result *ret,
                                    struct error *error);
void new_migration_result_done(struct new_migration_result *result);
