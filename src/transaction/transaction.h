/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A migration as a transaction. In: what it declares, and what it did in the stage. Out: all of it on the system, or nothing.
 * doc/design.md has the states of a transaction, what is durable in each, and how each is recovered from.
 */

#include "catalog/catalog.h"
#include "commit/commit.h"
#include "history/history.h"
#include "package/context.h"
#include "stage/area.h"
#include "stage/stage.h"

/* All are borrowed for the life of the transaction. */
struct transaction_request {
        struct dmig *ctx;
        struct history *history;
        const struct migration *migration;
        struct mountinfo **mounts; /* as of struct areas_request */
};

struct transaction {
        struct transaction_request request;
        struct areas *areas;
        struct stage *stage; /* migrate, and the check after it, run in it */
        struct redo *redo;   /* NULL until it is prepared */
        bool committing;     /* from now on only a recovery may remove the stage */
        bool archived;
};

/* Also of a preview: whether what migrates in @stage could be committed (commit_try_areas()). Returns: 0, or a negative errno with @error set. */
_must_check_ int transaction_try_stage(struct dmig *ctx, const char *package, const struct stage *stage,
                                       struct error *error);
/* Returns: 0, or a negative errno with @error set to the reason why the migration can't be staged. */
int transaction_begin(const struct transaction_request *request, struct transaction **ret, struct error *error);
/* Leaves all files unchanged. */
struct transaction *transaction_free(struct transaction *transaction);
DEFINE_CLEANUP(struct transaction *, transaction_free);

struct transaction_end {
        const char *from;   /* the version that the upgrade began with */
        const char *sha256; /* of the migration */
        int64_t duration_ms;
};

/*
 * Finds out what was changed, and makes it durable in the stage; nothing else is touched. Returns: the number of changed files, 0 if there
 * is nothing to commit, or a negative errno with @error set.
 */
_must_check_ int transaction_prepare(struct transaction *transaction, const struct transaction_end *end,
                                     struct error *error);
/* After that: adds the changed files, and what people should know besides. Returns: 0 or -ENOMEM. */
_must_check_ int transaction_list_changes(const struct transaction *transaction, struct dmig_files *files,
                                          struct strv *notices);
/*
 * Records "committing", installs all changes, records "applied", which becomes durable with the next event; transaction_archive() must follow.
 * Returns: 0, or a negative errno with @error set: the next run resumes it.
 */
_must_check_ int transaction_commit(struct transaction *transaction, struct error *error);
/* The last step of a commit. Does nothing if it was done. Returns: as transaction_commit(). */
_must_check_ int transaction_archive(struct transaction *transaction, struct error *error);
/* Removes the stage, if there is one. Returns: 0, or a negative errno with @error set. */
int transaction_drop(struct history *history, struct error *error);

/*
 * Finishes what was interrupted, because the program was killed or the machine lost power: a commit or an undo is resumed, an attempt is
 * recorded as "interrupted". Must be called before anything else is done with a package. Returns: 0, or a negative errno with @error set.
 */
_must_check_ int transaction_recover(struct dmig *ctx, struct history *history, struct error *error);
/*
 * Whether no commit or undo has begun without ending, which would leave a mix of old and new files; without the lock, it may also be in
 * progress. Returns: 0; -EUCLEAN with @error set to which one it is and what to do; or another negative errno with @error set.
 */
_must_check_ int transaction_check_ended(const struct history *history, struct error *error);
/*
 * After an upgrade is completed: makes its archive durable, and removes the before-images of all older ones. Returns: 0, or a negative errno
 * with @error set.
 */
int transaction_prune(struct dmig *ctx, struct history *history, struct error *error);
