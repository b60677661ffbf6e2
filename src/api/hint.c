/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/hint.h"

#define MIGRATE_WRITES "if it has to write there, add the path to \"writes\" in its manifest"
#define CHECK_WRITES \
        "check can't write; if it has to open its data for writing, set \"check_scratch\": true in its manifest"

/* The texts of strerror(3) in the C locale, which most programs quote; and SQLite's own for EROFS. */
static const struct {
        const char *text, *migrate, *check;
} hints[] = {
        { "Read-only file system", MIGRATE_WRITES, CHECK_WRITES },
        { "readonly database", MIGRATE_WRITES, CHECK_WRITES },
        { "Invalid cross-device link",
          "rename(2) and link(2) work within one declared directory; copy instead, or add a directory that contains both paths to \"writes\" in its manifest",
          NULL },
        { "Device or resource busy",
          "if it has to replace or remove that path, add the directory that contains it to \"writes\" in its manifest",
          NULL },
};

const char *hint_find(const char *output, bool migrate)
{
        assert(output);

        for (size_t i = 0; i < ELEMENTSOF(hints); i++)
                if (strstr(output, hints[i].text))
                        return migrate ? hints[i].migrate : hints[i].check;
        return NULL;
}
