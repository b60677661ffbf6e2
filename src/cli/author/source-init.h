/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a Debian source tree needs for its migrations. In: the directory of the migrations. Out: a debhelper addon in Build-Depends, the list of the
 * directories of migrations, an autopkgtest; and the diffs. Nothing is written if one of the files can't be edited safely.
 */

#include "basic/error.h"
#include "basic/strv.h"

struct source_init_result {
        struct strv files; /* those that were changed */
        struct strv diffs; /* likewise */
};

/*
 * @ret also has what was changed before a failure. Returns: 0, or a negative errno with @error set, -EINVAL with
 * file, line and remedy if a file can't be edited safely.
 */
_must_check_ int source_init(const char *directory, struct source_init_result *ret, struct error *error);
void source_init_result_done(struct source_init_result *result);
