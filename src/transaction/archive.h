/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The committed transactions in a package's state: the redo log of each, and, as long as it can be undone, the slots with the files that
 * it replaced and removed.
 */

#include "changes/files.h"
#include "commit/commit.h"
#include "history/history.h"
#include "package/context.h"
#include "redo/redo.h"

struct archived {
        char *path; /* for messages */
        int dir;
        struct redo *redo;
};

struct archive {
        struct archived *items; /* newest first */
        size_t n;
};

/*
 * Makes the name of a transaction's directory in TRANSACTIONS_DIR. If it is too long for a file name, its end is replaced by a CRC-32 of
 * the whole. Returns: 0 or -ENOMEM.
 */
int archive_format_name(const char *run, const char *id, char **ret);
/* Opens one transaction. Returns: 0, -ENOENT without @error if it doesn't exist, or another negative errno with @error set. */
int archived_open(const struct history *history, const char *name, struct archived *ret, struct error *error);
void archived_done(struct archived *archived);

struct archive_search {
        const struct history *history;
        const char *name;   /* a file that the transactions have; SLOTS_DIR: those that can be undone */
        const char *except; /* the id of a run whose transactions are left out; NULL: none */
};

/* Returns: 0, or a negative errno with @error set. */
int archive_read(const struct archive_search *search, struct archive *ret, struct error *error);
/* The same, but if a log is damaged, warns, and the list is empty. */
int archive_read_undoable(struct dmig *ctx, const struct archive_search *search, struct archive *ret,
                          struct error *error);
void archive_done(struct archive *list);

/* Narrows @list to the last upgrade that can be undone, and to migrations that are applied according to @state. */
void archive_narrow(struct archive *list, const struct history_state *state);
/*
 * Notes in the package's state whether an undo is in progress, which the history doesn't tell. The note is durable before the undo begins,
 * and removed after it. Returns: 0, or a negative errno with @error set.
 */
_must_check_ int archive_note_undo(const struct history *history, bool undoing, struct error *error);
/* Whether an undo is in progress or was interrupted. Returns: 1, 0, or a negative errno if that can't be told. */
_must_check_ int archive_is_undoing(const struct root *root, const char *package);
/*
 * Whether there is something to finish, whatever the history says: an undo, or a stage, which a power cut can leave although its transaction was
 * archived. Returns: 1, 0, or a negative errno if that can't be told.
 */
_must_check_ int archive_is_unfinished(const struct root *root, const char *package);

/*
 * Makes a directory for what a forced undo overwrites, durably. In @ret: its path below the package's state. archive_drop_overwritten()
 * removes it if nothing came into it. Return: 0, or a negative errno with @error set; the second 1 if it was removed.
 */
_must_check_ int archive_make_overwritten(const struct history *history, char **ret, struct error *error);
int archive_drop_overwritten(const struct history *history, const char *path);
#define OVERWRITTEN_DIR TRANSACTIONS_DIR "/overwritten"

/*
 * Adds the size of the before-images to @bytes, nothing if the caller may not read them. Returns: 0, -ENOENT if they are gone, or another
 * negative errno with @error set.
 */
int archived_measure(const struct archived *archived, uint64_t *bytes, struct error *error);
/* Removes the before-images: the transaction can't be undone any more. Returns: 0, or a negative errno with @error set. */
int archived_forget(const struct archived *archived, struct error *error);
/*
 * The same for all transactions, even those with a damaged log, and for what was overwritten. Adds the space that was freed to @bytes. Returns: how many could be
 * undone until now, or a negative errno with @error set.
 */
int archive_forget(const struct history *history, uint64_t *bytes, struct error *error);
/* Completes an archive_forget() or archived_forget() that was killed. Returns: 0, or a negative errno with @error set. */
int archive_sweep(const struct history *history, struct error *error);
/* Adds the files that the transaction changed to @files. Returns: 0 or -ENOMEM. */
int archived_list_files(const struct archived *archived, struct dmig_files *files);
/* Removes all transactions. Returns: 0, or a negative errno with @error set. */
int archive_purge(const struct history *history, struct error *error);
/* Returns: the transaction's directory, for commit_apply(); borrows from both arguments. */
struct commit_place archived_place(const struct archived *archived, const struct history *history);
