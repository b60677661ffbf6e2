/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is kept of committed transactions, in the package's state: the redo log of each, and, for as long as it can be undone,
 * the slots with the files that it replaced and removed.
 */

#include "changes/files.h"
#include "commit/commit.h"
#include "commit/redo.h"
#include "history/history.h"
#include "package/context.h"

#define TRANSACTIONS_DIR "transactions"

struct kept {
        char *path; /* for messages */
        int dir;
        struct redo *redo;
};

struct kept_list {
        struct kept *kept; /* newest first */
        size_t n;
};

/* Below TRANSACTIONS_DIR; one that is too long for a file ends in a CRC-32 of itself. Returns: 0 or -ENOMEM. */
int kept_name(const char *run, const char *id, char **ret);
/* The one transaction; without @error nothing is said. Returns: 0, -ENOENT, or another negative errno with @error set. */
int kept_open(const struct history *history, const char *name, struct kept *ret, struct error *error);
void kept_done(struct kept *kept);

/* Those whose directories have a file @name. Returns: 0, or a negative errno with @error set. */
int kept_list(const struct history *history, const char *name, struct kept_list *ret, struct error *error);
/* The same for those that can be undone: if a log can't be read, that is said, and the list is empty. */
int kept_list_undoable(struct dmig *ctx, const struct history *history, struct kept_list *ret, struct error *error);
void kept_list_done(struct kept_list *list);

/* Narrows @list to the last upgrade that can be undone: of what the history calls applied. */
void kept_list_narrow(struct kept_list *list, const struct history_state *state);
/*
 * Notes in the package's state that an undo is under way, since its history doesn't say so, and whether it is. Durable before the undo
 * begins, taken away behind it. Returns: 0, or a negative errno with @error set.
 */
int kept_note_undo(const struct history *history, bool undoing, struct error *error);
bool kept_is_undoing(const struct root *root, const char *package);

/*
 * Adds what an undo of it needs to @bytes, nothing where the caller may not look at it. Returns: 0, -ENOENT where it is gone meanwhile, or
 * another negative errno with @error set.
 */
int kept_measure(const struct kept *kept, uint64_t *bytes, struct error *error);
/* From now on it can't be undone. Returns: 0, or a negative errno with @error set. */
int kept_forget(const struct kept *kept, struct error *error);
/* The same for all of them, even where the log can't be read; what that frees is added to @bytes. */
int kept_forget_all(const struct history *history, uint64_t *bytes, struct error *error);
/* Removes what one of these that was killed has left. Returns: 0, or a negative errno with @error set. */
int kept_sweep(const struct history *history, struct error *error);
/* Adds what it changed to @files. Returns: 0 or -ENOMEM. */
int kept_list_files(const struct kept *kept, struct dmig_files *files);
/* Removes all of them. Returns: 0, or a negative errno with @error set. */
int kept_purge(const struct history *history, struct error *error);
/* For commit_apply(). */
struct commit_place kept_place(const struct kept *kept, const struct history *history);
