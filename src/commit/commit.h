/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From a stage to the system. In: changes, and the upper layers that they were found in. The steps: all that comes new to a
 * place is put into a slot (commit-prepare.c), so that whatever can fail fails now; the redo log is made durable; what it says is done
 * (commit.c), as often as it takes.
 */

#include "basic/root.h"
#include "commit/redo.h"
#include "stage/stage.h"

/* The directory of a transaction. */
struct commit_place {
        const struct root *root;
        const char *package;
        const char *path; /* for messages */
        int dir;
};

/*
 * @redo has its changes, and gets the rest but its header. On return the log is durable, and the stage's upper layers are used
 * up. Returns: 0, or a negative errno with @error set; then nothing but the stage and holds was touched.
 */
int commit_prepare(const struct commit_place *place, const struct stage *stage, struct redo *redo, struct error *error);

/* Does what @redo says, and makes it durable. Returns: 0, or a negative errno with @error set: to be repeated. */
int commit_apply(const struct commit_place *place, const struct redo *redo, struct error *error);
/* The holds aren't needed any more; @redo may be one that was never applied. Returns: as commit_apply(). */
int commit_release(const struct commit_place *place, const struct redo *redo, struct error *error);

#define SLOTS_DIR "slots"

/*
 * Returns: 1 where rename(2) leads from the transaction's directory to the area's root, which is open: the same file system, by way of
 * the same mount; else 0, and the area needs a hold; or a negative errno.
 */
int commit_is_reachable(const struct commit_place *place, int root);

/*
 * Where the slots of an area are. The first makes the directory, a hold anew, and notes in @redo which one it is. Returns: a file
 * descriptor, or a negative errno.
 */
int commit_make_slots(const struct commit_place *place, struct redo *redo, size_t area);
int commit_open_slots(const struct commit_place *place, const struct redo *redo, size_t area);
/* Returns: the area's root, open for reading, or a negative errno. */
int commit_open_area(const struct commit_place *place, const struct redo *redo, size_t area);

#define SLOT_NAME_MAX 16
const char *commit_slot_name(unsigned slot, char ret[static SLOT_NAME_MAX]);
