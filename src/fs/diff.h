/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The differences between two text files: a unified diff, made by diff(1), that patch(1) takes with -p1. */

#include "basic/error.h"

struct diff {
        int before; /* regular files, open for reading; -EBADF if one doesn't exist */
        int after;
        const char *path; /* absolute; the name of both in the diff */
        int stop_fd;      /* readable as soon as diff(1) has to stop */
};

/*
 * A text file has no NUL and at most 1 MiB. Returns: 0 with the diff in @ret, NULL if one of the files isn't text; -ECANCELED because of
 * stop_fd; or another negative errno. @error is set.
 */
_must_check_ int diff_make(const struct diff *diff, char **ret, struct error *error);
