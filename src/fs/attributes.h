/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A file's attributes: type, mode, owner, times and extended attributes, which include ACLs and capabilities. Overlayfs's own
 * (trusted.overlay.*) are left out. File descriptors may be O_PATH, also of symbolic links.
 */

#include "basic/json-text.h"
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

/* Whether the file is a whiteout: in an upper layer it marks a file as removed. */
static inline bool stat_is_whiteout(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

/* Returns: 0, or a negative errno. On a file system without extended attributes the list is empty. */
_must_check_ int attributes_read(int fd, struct attributes *ret);
/* The same for a file whose stat is known. */
_must_check_ int attributes_read_beside(int fd, const struct stat *st, struct attributes *ret);
/*
 * Reads when the file was made, in nanoseconds since 1970: an inode number is given to another file once the first is gone. Returns: 0 with
 * 0 in @ret if the file system doesn't tell, or a negative errno.
 */
_must_check_ int attributes_read_birth(int fd, int64_t *ret);
/* Returns: 0 or -ENOMEM. */
_must_check_ int attributes_copy(const struct attributes *attributes, struct attributes *ret);
void attributes_done(struct attributes *attributes);
#define _cleanup_attributes_ _cleanup_(attributes_done)
/* Inserts @xattr in order and takes over its memory, on failure too. Returns: 0 or -ENOMEM, also if its name or value is NULL. */
_must_check_ int attributes_add(struct attributes *attributes, struct xattr xattr);

/* Whether mode, owner, device number and extended attributes are the same. Times and sizes aren't compared. */
bool attributes_equal(const struct attributes *a, const struct attributes *b);
/* Sets mode, owner, extended attributes and modification time to those of @attributes, each only if it differs. Returns: 0, or a negative errno. */
_must_check_ int attributes_apply(int fd, const struct attributes *attributes);
/* The same for a file whose stat is @before. */
_must_check_ int attributes_apply_over(int fd, const struct stat *before, const struct attributes *attributes);
/* Sets only the modification time. Returns: 0, or a negative errno. */
_must_check_ int attributes_set_mtime(int fd, struct timespec mtime);
/* Sets the access and modification times to those of @st. Returns: 0, or a negative errno. */
int attributes_set_times(int fd, const struct stat *st);
/* Removes trusted.overlay.* from the file. Returns: 0, or a negative errno. */
_must_check_ int attributes_strip(int fd);

/* Adds type, mode, owner, device number, size, modification time, inode number and extended attributes to @text, as an object. */
void attributes_to_json(const struct attributes *attributes, const char *key, struct json_text *text);
/* Reads them again. Returns: 0, -ENOMEM, or -EBADMSG if @object isn't what attributes_to_json() makes. */
_must_check_ int attributes_from_json(json_object *object, struct attributes *ret);
