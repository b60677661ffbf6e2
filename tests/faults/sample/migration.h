/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the sample's migrations share. They are programs, since a shell and its commands would take longer than all that is tested. Each is in
 * the directory of the sample's data, and fails with a message and exit status 2 where a shell with -e would end.
 */

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MUST(call)                     \
        do {                           \
                if ((call) < 0)        \
                        err(2, #call); \
        } while (0)

static inline void write_file(const char *path, const char *text, int flags)
{
        size_t length = strlen(text);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

        if (fd < 0 || write(fd, text, length) != (ssize_t)length || close(fd) < 0)
                err(2, "%s", path);
}

/* Whether the file begins with @text. */
static inline bool file_has(const char *path, const char *text)
{
        char buffer[64] = "";
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || read(fd, buffer, sizeof(buffer) - 1) < 0 || close(fd) < 0)
                err(2, "%s", path);
        return strncmp(buffer, text, strlen(text)) == 0;
}

static inline bool is_check(int argc, char **argv)
{
        const char *root = getenv("DPKG_ROOT");

        if (argc != 2 || chdir(root && *root ? root : "/") < 0)
                err(2, "%s", argv[0]);
        return strcmp(argv[1], "check") == 0;
}
