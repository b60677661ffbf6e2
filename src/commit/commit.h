/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From a stage to the system. In: changes, and the upper layers that they were found in. The steps: everything that is new is put into
 * slots (commit-prepare.c), so that whatever can fail fails now; the redo log is made durable; then it is executed (commit.c), as often as
 * it takes.
 */

#include "basic/root.h"
#include "basic/strv.h"
#include "redo/redo.h"
#include "stage/stage.h"

/* The directory of a transaction: it has the redo log, and the slots of each area that has no hold. */
struct commit_place {
        const struct root *root;
        const char *package;
        const char *path; /* for messages */
        int dir;
};

/*
 * Before migrate: makes a directory in each area that is on a file system of the network, of FUSE or of an unknown kind, does in it what a commit
 * will have to do, and removes it. Returns: 0, or a negative errno with @error set: root may not write there, or files can't be renamed, or have
 * no owners and attributes.
 */
_must_check_ int commit_try_areas(const struct commit_place *place, const struct stage *stage, struct error *error);

/*
 * @redo has its changes; everything else but the header is added. On success the log is durable, and the stage's upper layers are used
 * up. Returns: 0, or a negative errno with @error set; then nothing but the stage and holds was touched.
 */
int commit_prepare(const struct commit_place *place, const struct stage *stage, struct redo *redo, struct error *error);

/*
 * Executes @redo, and makes the result durable. Files that another process has put in the way are given another name, which is added to
 * @displaced; NULL: they stay in the slots. Returns: 0, or a negative errno with @error set; then it has to be called again.
 */
int commit_apply(const struct commit_place *place, const struct redo *redo, struct strv *displaced,
                 struct error *error);
/* Removes the holds, also of a @redo that was never applied. Returns: as commit_apply(). */
int commit_release(const struct commit_place *place, const struct redo *redo, struct error *error);

#define SLOTS_DIR "slots"

/*
 * Whether files can be renamed from the transaction's directory to an area: both must be on the same file system and the same mount.
 * @root: the area's root, open. Returns: 1, 0 if the area needs a hold, or a negative errno.
 */
int commit_is_reachable(const struct commit_place *place, int root);
/* Whether the area's file system is in memory: after a reboot its files are gone. Returns: 1, 0, or a negative errno. */
_must_check_ int commit_is_in_memory(int root);

/* Makes a new name for a hold of the package's, that nobody can have taken. Returns: 0, or a negative errno. */
_must_check_ int commit_name_hold(const char *package, char **ret);
/*
 * Opens the directory with an area's slots. commit_make_slots() makes it, and a hold for it (-EEXIST if one of its name is there), and sets
 * its inode number in @redo. Returns: a file descriptor, or a negative errno.
 */
int commit_make_slots(const struct commit_place *place, struct redo *redo, size_t area);
int commit_open_slots(const struct commit_place *place, const struct redo *redo, size_t area);
/* Returns: the area's root, open for reading, or a negative errno. */
int commit_open_area(const struct commit_place *place, const struct redo *redo, size_t area);

#define SLOT_NAME_MAX 16
/* Returns: @ret, with the file name of @slot. */
const char *commit_slot_name(unsigned slot, char ret[static SLOT_NAME_MAX]);
