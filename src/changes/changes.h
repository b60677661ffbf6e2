/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration changed. In: the upper layer of an area's overlay, and the lower directory. Out: a list of changes, for
 * commit, preview, undo and history.
 *
 * The upper layer records changes in overlayfs's own terms (Documentation/filesystems/overlayfs.rst): a whiteout is a removal or the
 * source of a move, an opaque directory replaces the one below it, a redirected directory was moved, and every file that was opened for
 * writing was copied up, changed or not.
 */

#include "changes/undeclared.h"
#include "fs/attributes.h"
#include "stage/area.h"

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum change_kind {
        CHANGE_CREATE,
        CHANGE_REPLACE, /* other content, or another type of file */
        CHANGE_REMOVE,
        CHANGE_MOVE,     /* a directory, or a file with the same content; its attributes may have changed */
        CHANGE_METADATA, /* mode, owner, extended attributes; the modification time, if it was set on purpose */
        /*
         * Never reported. A directory in which something was made or removed, so that its times changed. If it is inner: a file of a
         * replaced directory that is the same as before.
         */
        CHANGE_ENTRIES,
};

/* What isn't in a stat. */
struct change_details {
        char *target;         /* of a symbolic link; else NULL */
        struct xattr *xattrs; /* sorted by name */
        size_t n_xattrs;
};

/* The file that a change of attributes leaves in its place, if it was looked at with the comparison. */
struct change_original {
        bool known;
        bool fixed;   /* beneath_is_fixed() */
        int64_t born; /* attributes_read_birth() */
};

struct change {
        enum change_kind kind;
        size_t area; /* the number of the area, as in struct areas */
        char *path;  /* relative to the area's root: the new path, or the old one of a removed file */
        char *from;  /* the old path, if the file or a directory above it was moved; else NULL */
        char *link; /* of a file that was made or replaced as another name of an existing file: that file's old path; else NULL */
        bool inner; /* part of a directory that was created, replaced or removed as a whole: comes or goes with it */
        struct stat before; /* all 0 if it didn't exist */
        struct stat after;  /* of the file in the upper layer; all 0 if it was removed */
        struct change_details
                details_before; /* for reports; extended attributes of what was removed with a directory aren't read */
        struct change_details details_after;
        struct change_original original; /* known: and so are the details */
};

static inline const char *change_old_path(const struct change *change)
{
        return change->from ? change->from : change->path;
}

/* Returns: attributes that borrow those of a change. */
static inline struct attributes change_get_attributes(const struct stat *st, const struct change_details *details)
{
        return (struct attributes){ .st = *st, .xattrs = details->xattrs, .n_xattrs = details->n_xattrs };
}

struct changes {
        struct change *changes; /* by area, then by path, parents first; at one path: removed, made, altered */
        size_t n;
        struct strv notices; /* what people should know, besides */
};

struct changes_request {
        const struct area *area;
        size_t number; /* of the area */
        int upper;
        int lower;                     /* the merged lower layers, as one directory */
        bool kept;                     /* names of a file stayed together in the overlay (hard-links.h) */
        struct timespec begin;         /* modification times from then to now result from the migration's writes */
        struct undeclared *undeclared; /* gets the changed paths that aren't declared */
};

/*
 * Appends to @changes, unless some aren't declared, which the caller refuses when it has read all areas (undeclared_check()). Returns: 0, or
 * a negative errno with @error set: -EBUSY if another process has changed the same file directly since @begin; the message names it.
 */
_must_check_ int changes_read(const struct changes_request *request, struct changes *changes, struct error *error);
void changes_done(struct changes *changes);
#define _cleanup_changes_ _cleanup_(changes_done)

/* Takes ownership of what @change points to, also on failure. Returns: 0 or -ENOMEM. */
_must_check_ int changes_add(struct changes *changes, struct change *change);
void change_done(struct change *change);
/* Returns: the first change at @path, or NULL. */
const struct change *changes_find(const struct changes *changes, size_t area, const char *path);
/* Moves all changes of @from to @changes, and sorts. Returns: 0 or -ENOMEM. */
_must_check_ int changes_merge(struct changes *changes, struct changes *from);
/* Returns: the number of changes that are reported: all but CHANGE_ENTRIES. */
size_t changes_count(const struct changes *changes);
/* Returns: "create", "replace", "remove", "move", "metadata" or "entries". */
const char *change_kind_to_string(enum change_kind kind);
/* Returns: an enum change_kind, or -EINVAL. */
int change_kind_from_string(const char *text);
