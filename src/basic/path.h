/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The directories of the contract, each below the root; and paths as text. Pure. */

#include "basic/macro.h"

#include <stdio.h>

#define VENDOR_DIR "/usr/lib/deploy-migrate"
#define ADMIN_DIR  "/etc/deploy-migrate"
#define STATE_DIR  "/var/lib/deploy-migrate"
#define LOCK_DIR   "/run/deploy-migrate"

/* $PATH of each program that is run for an administrator or a package. */
#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Returns: the part of @path below @directory, without slashes before it, "" for @directory itself; NULL if it isn't below. */
static inline const char *path_startswith(const char *path, const char *directory)
{
        const char *rest = str_startswith(path, streq(directory, "/") ? "" : directory);

        if (!rest || (*rest && *rest != '/'))
                return NULL;
        return rest + strspn(rest, "/");
}

/* Whether @path is @directory or below it. */
static inline bool path_is_within(const char *path, const char *directory)
{
        return path_startswith(path, directory) != NULL;
}

/* Returns: the part of @path below @directory; NULL if it isn't below, or is @directory itself. */
static inline const char *path_inside(const char *path, const char *directory)
{
        const char *rest = path_startswith(path, directory);

        return rest && *rest ? rest : NULL;
}

/* Whether a migration must not write to @path: it could rewrite its own history, and an overlay can't contain its own upper layer. */
static inline bool path_touches_state(const char *path)
{
        return path_is_within(path, STATE_DIR) || path_is_within(STATE_DIR, path);
}

/* Returns: the last part of @path. */
static inline const char *path_name(const char *path)
{
        const char *slash;

        assert(path);
        slash = strrchr(path, '/');
        return slash ? slash + 1 : path;
}

/* Returns: the directory part of the relative @path, to be freed, "" if @path is only a name; NULL if memory ran out. */
static inline char *path_parent(const char *path)
{
        const char *name = path_name(path);

        return strndup(path, name > path ? (size_t)(name - path) - 1 : 0);
}

/* "a" and "b" give "a/b"; "" and "b" give "b". Returns: 0 or -ENOMEM. */
static inline int path_join(const char *directory, const char *name, char **ret)
{
        char *path;

        assert(directory && name);
        if (asprintf(&path, "%s%s%s", directory, *directory ? "/" : "", name) < 0)
                return -ENOMEM;
        *ret = path;
        return 0;
}

/* '/' sorts before all other characters, so that a directory is followed by its entries. */
static inline int path_char_rank(char c)
{
        return c == '/' ? 1 : c == '\0' ? 0 : 1 + (unsigned char)c;
}

/* Returns: as strcmp(3). */
static inline int path_compare(const char *a, const char *b)
{
        /* Neighbours in a deep tree have most of their paths in common. */
        for (; strncmp(a, b, 64) == 0; a += 64, b += 64)
                if (strnlen(a, 64) < 64)
                        return 0;
        while (*a && *a == *b) {
                a++;
                b++;
        }
        return path_char_rank(*a) - path_char_rank(*b);
}
