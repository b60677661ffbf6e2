/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The redo log of a transaction: everything needed to finish it after a crash, to undo it later, and to report what it changed. A text
 * file: one JSON object a line, the last of which has the number and the checksum of the others. It is written once, and never changed.
 *
 * A transaction executes renames, then changes of attributes. A rename moves the one file with inode number @ino; if that file isn't
 * there any more, the rename was done before. So each of them can be repeated.
 *
 * A slot is a file or directory, named by a number, that waits to be renamed to its path, or was renamed away from it. Slots are in
 * "slots" in the transaction's directory. If rename(2) can't reach an area from there, because it is another file system or another mount,
 * the area's slots are in a hold: a directory in the area's root that exists for the time of the commit.
 */

#include "basic/error.h"
#include "changes/changes.h"
#include "changes/files.h"
#include "fs/attributes.h"

#include <stdint.h>

enum redo_kind {
        REDO_DETACH,   /* from path to slot */
        REDO_INSTALL,  /* from slot to path, where no file exists */
        REDO_EXCHANGE, /* swaps the file in the slot and the one at path */
};

struct redo_rename {
        enum redo_kind kind;
        size_t area;
        char *path; /* relative to the area's root */
        unsigned slot;
        uint64_t ino;      /* of the file that leaves path if it is detached, else of the one that leaves slot */
        uint64_t replaced; /* of an exchange: the inode number of the file that leaves path; 0: not known */
        bool image;        /* after it, slot has the before-image: the file that an undo puts back */
};

/*
 * A change of attributes: owner, mode, modification time, extended attributes. @before or @after is all 0 if the file doesn't exist at
 * that time; then they aren't changed in that direction.
 */
struct redo_meta {
        size_t area;
        char *path; /* after all renames */
        char *from; /* before all renames, if it was another one */
        struct attributes before;
        struct attributes after;
        int64_t born; /* attributes_read_birth() of the file that gets @after: its inode number may be another's by then; 0: not known */
};

struct redo_area {
        char *path;     /* of its root, below our root */
        char *hold;     /* the name of the hold in it; NULL if its slots are in the transaction's directory */
        uint64_t slots; /* the inode number of the directory with its slots; 0: none */
        bool memory;    /* its file system is in memory: at a reboot its files vanish */
};

/* The census (census.h): what has to be as it is now for an undo. It is in a log of its own. */
enum census_kind {
        CENSUS_TREE,     /* a directory: everything in it */
        CENSUS_FLAT,     /* a directory of configuration: the files in it that aren't in a directory of their own */
        CENSUS_BESIDE,   /* a file: the files in its directory whose names begin with its name */
        CENSUS_LISTED,   /* a file or directory that the transaction doesn't change */
        CENSUS_UNLISTED, /* a directory in a tree: what is in it isn't listed, as it is too much */
};

struct redo_census {
        enum census_kind kind;
        size_t area;
        char *path;           /* after all renames, relative to the area's root */
        mode_t mode;          /* of what is listed */
        off_t size;           /* likewise */
        struct timespec time; /* when a listed file was modified; else when the census was taken */
};

struct redo {
        char *id;
        char *sha256;
        char *run;
        char *from;      /* the version that the upgrade began with */
        char *keep;      /* of an undo: the directory in the package's state that gets what it overwrites; NULL: none */
        char *boot;      /* the id of the boot in which it was made; NULL: unknown */
        int64_t upgrade; /* the number of upgrades completed before */
        int64_t position; /* of the history: later transactions have greater ones */
        int64_t duration_ms;
        struct redo_area *areas;
        size_t n_areas;
        struct changes changes;
        struct redo_rename *renames;
        size_t n_renames;
        struct redo_meta *metas;
        size_t n_metas;
        struct redo_census *census;
        size_t n_census;
};

struct redo *redo_free(struct redo *redo);
DEFINE_CLEANUP(struct redo *, redo_free);

/* Each takes ownership of what its argument points to, also on failure. Returns: 0 or -ENOMEM. */
_must_check_ int redo_add_area(struct redo *redo, struct redo_area *area);
_must_check_ int redo_add_rename(struct redo *redo, struct redo_rename *rename);
_must_check_ int redo_add_meta(struct redo *redo, struct redo_meta *meta);
_must_check_ int redo_add_census(struct redo *redo, struct redo_census *census);
void redo_area_done(struct redo_area *area);
void redo_rename_done(struct redo_rename *rename);
void redo_meta_done(struct redo_meta *meta);
void redo_census_done(struct redo_census *census);

/* Adds the changes that are reported. Returns: 0 or -ENOMEM. */
_must_check_ int redo_list_files(const struct redo *redo, struct dmig_files *files);
bool redo_has_holds(const struct redo *redo);
/* Makes an absolute path below our root of @path, which is relative to the area's root. Returns: 0 or -ENOMEM. */
int redo_format_path(const struct redo *redo, size_t area, const char *path, char **ret);
/*
 * The other way round. Returns: the innermost area that the absolute @path is in, with the path relative to its root in @ret; SIZE_MAX for
 * none.
 */
size_t redo_find_area(const struct redo *redo, const char *path, const char **ret);
