/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What differs between two files of text, as diff(1) tells it: a unified diff, as patch(1) takes it with -p1. */

#include "basic/error.h"

struct diff {
        int before; /* regular files, open for reading; -EBADF where one isn't there */
        int after;
        const char *path; /* absolute; what they are called in it */
        int stop_fd;      /* readable when it has to be stopped */
};

/*
 * Text is what has no NUL in it, up to 1 MiB. Returns: 0 with the diff in @ret, NULL where there is none since a file is no text;
 * -ECANCELED because of stop_fd; or another negative errno with @error set.
 */
int diff_make(const struct diff *diff, char **ret, struct error *error);
