/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A text file of an author's source tree that gets more lines. In: its path, and what it is to contain. Out: the file, and a diff. */

#include "basic/error.h"

struct file_edit {
        char *path;
        char *old;  /* NULL: there is no such file */
        char *text; /* what it is to contain; NULL: as it is */
};

/* Reads @directory/@name. Returns: 0, or a negative errno with @error set, -EINVAL if it isn't text with Unix line ends. */
_must_check_ int file_edit_open(const char *directory, const char *name, struct file_edit *ret, struct error *error);
/* Writes it, if there is a change. @ret: a diff to be freed; NULL: nothing changes. Returns: 0, or a negative errno with @error set. */
_must_check_ int file_edit_commit(const struct file_edit *edit, char **ret, struct error *error);
void file_edit_done(struct file_edit *edit);
#define _cleanup_file_edit_ _cleanup_(file_edit_done)
