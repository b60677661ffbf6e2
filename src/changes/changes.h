/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration changed. In: the upper layer of an area's overlay, and what lies below it. Out: a list of changes, for
 * commit, preview, undo and history.
 *
 * An upper layer says it in overlayfs's own terms (Documentation/filesystems/overlayfs.rst): a whiteout is a removal or the source of a
 * move, an opaque directory replaces one, a redirected directory is one that was moved, and whatever was opened for writing is a
 * copy, changed or not.
 */

#include "stage/area.h"

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum change_kind {
        CHANGE_CREATE,
        CHANGE_REPLACE, /* other content, or another type of file */
        CHANGE_REMOVE,
        CHANGE_MOVE,     /* a directory; or a file with the content that it had, its attributes may be others */
        CHANGE_METADATA, /* mode, owner, extended attributes; times, where they were set on purpose */
        CHANGE_ENTRIES, /* a directory in which something was made or removed: its times; inner ones: the same as before; nobody is told */
};

struct change {
        enum change_kind kind;
        size_t area;
        char *path; /* below the area's root: where it is now; of what was removed, where it was */
        char *from; /* where it was before, because it was moved, or lies in what was; else NULL */
        char *link; /* of a file that is made or replaced: where the file was before whose further name it is; else NULL */
        bool inner;         /* comes along with a directory above it that was created, replaced or removed as a whole */
        struct stat before; /* all 0 where it wasn't there */
        struct stat after;  /* of the file in the upper layer; all 0 where it isn't there any more */
};

/* Where it was before. */
static inline const char *change_old_path(const struct change *change)
{
        return change->from ? change->from : change->path;
}

struct changes {
        struct change *changes; /* by area, then by path, parents first; at one path: removed, made, altered */
        size_t n;
};

struct changes_request {
        const struct area *area;
        size_t number; /* of the area */
        int upper;
        int lower;             /* what lies below, all of it, as one directory */
        struct timespec begin; /* a time of modification from then to now says nothing of its own */
};

/*
 * Appends to @changes. Returns: 0, or a negative errno
 * with @error set: -EPERM for a change of what the area doesn't allow, -EBUSY where what was changed was also changed directly, by
 * others, since @begin; each names the path.
 */
int changes_read(const struct changes_request *request, struct changes *changes, struct error *error);
void changes_done(struct changes *changes);
#define _cleanup_changes_ _cleanup_(changes_done)

/* Takes over what @change owns, on failure too. Returns: 0 or -ENOMEM. */
int changes_add(struct changes *changes, struct change *change);
void change_done(struct change *change);
/* Returns: the first one at @path, or NULL. */
const struct change *changes_find(const struct changes *changes, size_t area, const char *path);
/* Adds all of @from, which has none then, in order. Returns: 0 or -ENOMEM. */
int changes_merge(struct changes *changes, struct changes *from);
/* How many there are that somebody is told of. */
size_t changes_count(const struct changes *changes);
/* "create", "replace", "remove", "move", "metadata". */
const char *change_kind_to_string(enum change_kind kind);
int change_kind_from_string(const char *text);
