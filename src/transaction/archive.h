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

struct archived {
        char *path; /* for messages */
        int dir;
        struct redo *redo;
};

struct archive {
        struct archived *items; /* newest first */
        size_t n;
};

/* Below TRANSACTIONS_DIR; one that is too long for a file ends in a CRC-32 of itself. Returns: 0 or -ENOMEM. */
int archive_name(const char *run, const char *id, char **ret);
/* The one transaction; without @error nothing is said. Returns: 0, -ENOENT, or another negative errno with @error set. */
int archived_open(const struct history *history, const char *name, struct archived *ret, struct error *error);
void archived_done(struct archived *archived);

/* Those whose directories have a file @name. Returns: 0, or a negative errno with @error set. */
int archive_read(const struct history *history, const char *name, struct archive *ret, struct error *error);
/* The same for those that can be undone: if a log can't be read, that is said, and the list is empty. */
int archive_read_undoable(struct dmig *ctx, const struct history *history, struct archive *ret, struct error *error);
void archive_done(struct archive *list);

/* Narrows @list to the last upgrade that can be undone: of what the history calls applied. */
void archive_narrow(struct archive *list, const struct history_state *state);
/*
 * Notes in the package's state that an undo is under way, since its history doesn't say so, and whether it is. Durable before the undo
 * begins, taken away behind it. Returns: 0, or a negative errno with @error set.
 */
int archive_note_undo(const struct history *history, bool undoing, struct error *error);
bool archive_is_undoing(const struct root *root, const char *package);

/*
 * Adds what an undo of it needs to @bytes, nothing where the caller may not look at it. Returns: 0, -ENOENT where it is gone meanwhile, or
 * another negative errno with @error set.
 */
int archived_measure(const struct archived *archived, uint64_t *bytes, struct error *error);
/* From now on it can't be undone. Returns: 0, or a negative errno with @error set. */
int archived_forget(const struct archived *archived, struct error *error);
/* The same for all of them, even where the log can't be read; what that frees is added to @bytes. */
int archive_forget(const struct history *history, uint64_t *bytes, struct error *error);
/* Removes what one of these that was killed has left. Returns: 0, or a negative errno with @error set. */
int archive_sweep(const struct history *history, struct error *error);
/* Adds what it changed to @files. Returns: 0 or -ENOMEM. */
int archived_list_files(const struct archived *archived, struct dmig_files *files);
/* Removes all of them. Returns: 0, or a negative errno with @error set. */
int archive_purge(const struct history *history, struct error *error);
/* For commit_apply(). */
struct commit_place archived_place(const struct archived *archived, const struct history *history);
