/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The log of a transaction: all that is needed to finish it after a crash, to undo it later, and to tell what it changed. A text file:
 * JSON objects, one a line, the last of which counts and sums up the others. Written once, whole, and never changed.
 *
 * What a transaction does is a sequence of renames, then of changes of attributes. A rename moves the one file that has the
 * inode number @ino: where that isn't there any more, the rename was done, so that each can be repeated. All that comes new to a place
 * waits in a slot: below the transaction's directory or, where an area lies on another file system, in a directory there that
 * is held for the time of the commit.
 */

#include "basic/error.h"
#include "changes/changes.h"
#include "fs/attributes.h"

#include <stdint.h>

enum redo_kind {
        REDO_DETACH,   /* from path to slot */
        REDO_INSTALL,  /* from slot to path, where nothing is */
        REDO_EXCHANGE, /* what is in slot with what is at path */
};

struct redo_rename {
        enum redo_kind kind;
        size_t area;
        char *path; /* below the area's root */
        unsigned slot;
        uint64_t ino; /* of the file that leaves path, when it is detached, else slot */
        bool image;   /* the slot has then what an undo needs */
};

/* Owner, mode, modification time, extended attributes. One of them is all 0 where the file isn't there, and nothing has to be done. */
struct redo_meta {
        size_t area;
        char *path; /* after all renames */
        char *from; /* before all of them */
        struct attributes before;
        struct attributes after;
};

struct redo_area {
        char *path;     /* of its root, below our root */
        char *hold;     /* the name of a directory there; NULL where slots are below the transaction's own */
        uint64_t slots; /* the inode number of the directory that the slots are in, 0 where there are none */
};

struct redo {
        char *id;
        char *sha256;
        char *run;
        char *from;       /* the version that the upgrade began with */
        int64_t upgrade;  /* how many upgrades were completed before */
        int64_t position; /* of the history: what was done later has a greater one */
        int64_t duration_ms;
        struct redo_area *areas;
        size_t n_areas;
        struct changes changes;
        struct redo_rename *renames;
        size_t n_renames;
        struct redo_meta *metas;
        size_t n_metas;
};

struct redo *redo_free(struct redo *redo);
DEFINE_CLEANUP(struct redo *, redo_free);

/* Each takes over what its argument owns, on failure too. Returns: 0 or -ENOMEM. */
int redo_add_area(struct redo *redo, struct redo_area *area);
int redo_add_rename(struct redo *redo, struct redo_rename *rename);
int redo_add_meta(struct redo *redo, struct redo_meta *meta);
void redo_area_done(struct redo_area *area);
void redo_rename_done(struct redo_rename *rename);
void redo_meta_done(struct redo_meta *meta);
