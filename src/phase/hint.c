/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/hint.h"

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

/* What programs quote are the texts of strerror(3), and SQLite's and MariaDB's own for ENOSPC. */
static const struct {
        int code;
        const char *text, *cause;
} causes[] = {
        { ENOSPC, "No space left on device", "no-space" },
        { EDQUOT, "Disk quota exceeded", "no-space" },
        { 0, "isk is full", "no-space" },
        { 0, "isk full", "no-space" },
        { EIO, "Input/output error", "disk-error" },
        { EROFS, NULL, "disk-error" }, /* after an error; a program sees it where it may not write */
        { EMFILE, NULL, "system" },
        { ENFILE, NULL, "system" },
        { ENOMEM, NULL, "system" },
        { EINTR, NULL, "system" },
        { EAGAIN, NULL, "system" },
        { ENODEV, NULL, "system" },
        { ENOSYS, NULL, "system" },
};

const char *hint_find_cause(int code, const char *output)
{
        for (size_t i = 0; i < ELEMENTSOF(causes); i++) {
                if (causes[i].code && code == -causes[i].code)
                        return causes[i].cause;
                if (causes[i].text && output && strstr(output, causes[i].text))
                        return causes[i].cause;
        }
        return NULL;
}
