/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The mount table (proc(5), /proc/self/mountinfo), reduced to the mounts that a path leads to: a mount that another one hides, by
 * covering it or a directory on the way to it, is left out.
 */

#include "basic/error.h"

#include <stddef.h>
#include <sys/types.h>

struct mount_point {
        int id;
        int parent;     /* id of the mount that it is attached to; for the root, of one that isn't in the table */
        char *path;     /* absolute */
        char *type;     /* of its file system */
        bool read_only; /* the mount, or its file system */
        uid_t user;     /* who mounted it with fusermount(1); 0 for any other mount */
        bool indirect;  /* an automount in which a daemon makes entries as they are asked for */
};

struct mountinfo {
        struct mount_point *points;
        size_t n;
        int fd; /* the table that it was read from, whose changes poll(2) tells */
};

/* Returns: 0, or a negative errno. */
_must_check_ int mountinfo_read(struct mountinfo **ret);
/* Reads the table unless @mounts, NULL at first, is what it still says. Returns: 0, or a negative errno with @error set and @mounts as before. */
_must_check_ int mountinfo_renew(struct mountinfo **mounts, struct error *error);
/* Sets @error to the failure @r of mountinfo_read(). Returns: @r. */
int mountinfo_explain(int r, struct error *error);
/* Reads @text instead of the system's table. Returns: 0, -EBADMSG, or -ENOMEM. */
_must_check_ int mountinfo_parse(const char *text, struct mountinfo **ret);
struct mountinfo *mountinfo_free(struct mountinfo *mounts);
DEFINE_CLEANUP(struct mountinfo *, mountinfo_free);

/* Returns: the mount that @path, absolute and without symbolic links, is on; NULL if it isn't in the table, as if a chroot's root isn't a mount point. */
const struct mount_point *mountinfo_find(const struct mountinfo *mounts, const char *path);
/* Adds the subvolumes of btrfs that @path is in, and those in it, as if each was mounted there. Returns: 0, or a negative errno. */
_must_check_ int mountinfo_add_subvolumes(struct mountinfo *mounts, const char *path);
/* Whether it is one of the kernel's own file systems: its files aren't on a disk, so that a rename can't replace them. */
bool mount_point_is_pseudo(const struct mount_point *mount);
/* Whether it waits for something to be mounted over it (autofs). */
bool mount_point_is_automount(const struct mount_point *mount);
/* Whether a server has its files, of the network or of FUSE, for which one could wait for ever. */
bool mount_point_is_remote(const struct mount_point *mount);
