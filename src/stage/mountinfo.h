/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is mounted where (proc(5), /proc/self/mountinfo). Only what a path leads to: a mount that another one hides, since that
 * lies over it or over a directory on its way, isn't there.
 */

#include "basic/macro.h"

#include <stddef.h>

struct mount_point {
        int id;
        int parent;     /* id of the mount that it is mounted on; of none that is known for the root */
        char *path;     /* absolute */
        char *type;     /* of the file system */
        bool read_only; /* the mount or its file system */
};

struct mountinfo {
        struct mount_point *points;
        size_t n;
};

/* Returns: 0, or a negative errno. */
int mountinfo_read(struct mountinfo **ret);
/* The same from the text of mountinfo. Returns: 0, -EBADMSG, or -ENOMEM. */
int mountinfo_parse(const char *text, struct mountinfo **ret);
struct mountinfo *mountinfo_free(struct mountinfo *mounts);
DEFINE_CLEANUP(struct mountinfo *, mountinfo_free);

/* The mount that @path, absolute and without symbolic links, is on. Returns: NULL where that isn't known, as in a chroot(2) that is none. */
const struct mount_point *mountinfo_find(const struct mountinfo *mounts, const char *path);
