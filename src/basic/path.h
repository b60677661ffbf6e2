/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The directories of the contract, each of which stands below the root; and paths as texts. */

#include "basic/macro.h"

#define VENDOR_DIR "/usr/lib/deploy-migrate"
#define ADMIN_DIR  "/etc/deploy-migrate"
#define STATE_DIR  "/var/lib/deploy-migrate"
#define LOCK_DIR   "/run/deploy-migrate"

/* Returns: what of @path is below @directory, without a slash at its begin, "" for @directory itself; NULL where it isn't. */
static inline const char *path_startswith(const char *path, const char *directory)
{
        const char *rest = str_startswith(path, streq(directory, "/") ? "" : directory);

        if (!rest || (*rest && *rest != '/'))
                return NULL;
        return rest + strspn(rest, "/");
}

/* Whether @path is @directory or lies below it. */
static inline bool path_is_within(const char *path, const char *directory)
{
        return path_startswith(path, directory);
}

/* What writes our state could rewrite its own history, and an overlay can't hold its own upper layer. */
static inline bool path_touches_state(const char *path)
{
        return path_is_within(path, STATE_DIR) || path_is_within(STATE_DIR, path);
}

/* The last part of a path. */
static inline const char *path_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Returns: the directory that @path, a relative one, lies in, "" where that is all that is known; to be freed; NULL when memory ran out. */
static inline char *path_parent(const char *path)
{
        const char *name = path_name(path);

        return strndup(path, name > path ? (size_t)(name - path) - 1 : 0);
}

/* '/' sorts below all other characters, so that a directory is followed by what is in it. */
static inline int path_rank(char c)
{
        return c == '/' ? 1 : c == '\0' ? 0 : 1 + (unsigned char)c;
}

/* Returns: as strcmp(3). */
static inline int path_compare(const char *a, const char *b)
{
        while (*a && *a == *b) {
                a++;
                b++;
        }
        return path_rank(*a) - path_rank(*b);
}
