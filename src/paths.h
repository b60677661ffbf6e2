/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The directories of the contract; each stands below the root. */

#include "macro.h"

#define VENDOR_DIR "/usr/lib/deploy-migrate"
#define ADMIN_DIR  "/etc/deploy-migrate"
#define STATE_DIR  "/var/lib/deploy-migrate"
#define LOCK_DIR   "/run/deploy-migrate"

/* Whether @path is @directory or lies below it. */
static inline bool path_is_within(const char *path, const char *directory)
{
        const char *rest = startswith(path, directory);

        return rest && (*rest == '\0' || *rest == '/');
}

/* What writes our state could rewrite its own history, and an overlay can't hold its own upper layer. */
static inline bool path_touches_state(const char *path)
{
        return path_is_within(path, STATE_DIR) || path_is_within(STATE_DIR, path);
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
