/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Fixtures: trees before and after a migration, which an author keeps beside the migrations. In: the directory of the migrations. Out: the list of
 * the fixtures in its tests/.
 */

#include "basic/error.h"

/* Either tests/VERSION/FILE/CASE, of one migration, or tests/CASE/VERSION, of all that come after that version. */
struct fixture {
        char *path; /* has the trees "before" and "after", and perhaps the program "normalize"; a tree that is missing is empty, or still to be recorded */
        char *id;   /* of the migration; NULL for an upgrade */
        char *name; /* CASE, and for an upgrade the version, too */
        char *from; /* of an upgrade, else NULL */
};

struct fixtures {
        struct fixture *list; /* by path */
        size_t n;
};

/* Returns: 0, also without any; or a negative errno with @error set, -EINVAL if a directory in tests/ is neither. */
_must_check_ int fixtures_find(const char *directory, struct fixtures *ret, struct error *error);
void fixtures_done(struct fixtures *fixtures);
