/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

FILE *data_open(const char *name)
{
        const char *srcdir = getenv("srcdir");
        char path[PATH_MAX];
        FILE *file;

        snprintf(path, sizeof(path), "%s/tests/data/%s", srcdir ? srcdir : ".", name);
        file = fopen(path, "re");
        ck_assert_msg(file != NULL, "can't open %s: %m", path);
        return file;
}

bool data_next(FILE *file, char *line, size_t size)
{
        while (fgets(line, (int)size, file)) {
                size_t n = strcspn(line, "\n");

                ck_assert_msg(line[n] == '\n', "line too long or not ended: %s", line);
                line[n] = '\0';
                if (n > 0 && line[0] != '#')
                        return true;
        }
        return false;
}
