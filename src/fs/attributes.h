/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All that a file is beside its name and its content: type, mode, owner, times, extended attributes; ACLs and capabilities are such.
 * What overlayfs notes for itself (trusted.overlay.*) is not seen. File descriptors may be O_PATH ones, of links too.
 */

#include "basic/macro.h"

#include <json-c/json_object.h>
#include <sys/stat.h>

struct xattr {
        char *name;
        void *value;
        size_t size;
};

struct attributes {
        struct stat st;
        struct xattr *xattrs; /* sorted by name */
        size_t n_xattrs;
};

/* Whether it stands in an upper layer for a file that was removed. */
static inline bool stat_is_whiteout(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

/* Returns: 0, or a negative errno. A file system without extended attributes has none. */
int attributes_read(int fd, struct attributes *ret);
void attributes_done(struct attributes *attributes);
#define _cleanup_attributes_ _cleanup_(attributes_done)
/* Adds it where it belongs, and takes over what it has, on failure too. Returns: 0 or -ENOMEM, also where its name or value is NULL. */
int attributes_add(struct attributes *attributes, struct xattr xattr);

/* Whether mode, owner, device number and extended attributes are the same. Times and sizes aren't looked at. */
bool attributes_equal(const struct attributes *a, const struct attributes *b);
/* Makes mode, owner, extended attributes and the modification time those of @attributes; changes only what differs. */
int attributes_apply(int fd, const struct attributes *attributes);
/* Sets the time of modification alone. Returns: 0, or a negative errno. */
int attributes_set_mtime(int fd, struct timespec mtime);
/* Makes the times of access and modification those of @st. Returns: 0, or a negative errno. */
int attributes_set_times(int fd, const struct stat *st);
/* Removes trusted.overlay.* from the file. */
int attributes_strip(int fd);

/*
 * Type, mode, owner, device number, size, modification time, inode number and extended attributes; and back. Returns: 0, -ENOMEM, or
 * -EBADMSG where @object isn't one.
 */
int attributes_to_json(const struct attributes *attributes, json_object **ret);
int attributes_from_json(json_object *object, struct attributes *ret);
