/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What one system call tells of an open file. In: a file descriptor, maybe O_PATH. Out: its stat, and what a stat doesn't have. */

#include "basic/macro.h"

#include <stdint.h>
#include <sys/stat.h>

struct facts {
        struct stat st;
        int64_t born; /* as attributes_read_birth() has it; 0: the file system doesn't tell */
        bool fixed;   /* as beneath_is_fixed() */
};

/* Returns: 0, or a negative errno. */
_must_check_ int facts_read(int fd, struct facts *ret);
