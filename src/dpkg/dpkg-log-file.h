/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One file of dpkg's log, compressed or not. In: its path. Out: its lines, or what is wrong with it: a log is read whole or not at all. */

#include "basic/root.h"

struct dpkg_log_reader {
        /* Takes a line without its newline, which it may change. Returns: 0, -EBADMSG if the line is damaged, or another negative errno. */
        int (*take_line)(char *line, void *userdata);
        void *userdata;
};

/*
 * Returns: 0; -ENOENT if there is no such file; -EAGAIN if its last line is incomplete, since it was cut off or is still being written;
 * -EBADMSG if a line isn't one of dpkg's or a compressed file is damaged; or another errno; @error is set, and says which file it is.
 */
_must_check_ int dpkg_log_file_read(const struct root *root, const char *path, const struct dpkg_log_reader *reader,
                                    struct error *error);
