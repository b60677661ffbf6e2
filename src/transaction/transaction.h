/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A migration as a transaction. In: what it declares, and what it did in the stage. Out: all of it on the system, or nothing. The
 * states, what is durable in each, and why each can be recovered from are explained in doc/design.md.
 */

#include "catalog/catalog.h"
#include "commit/commit.h"
#include "history/history.h"
#include "package/context.h"
#include "stage/area.h"
#include "stage/stage.h"

struct transaction {
        struct dmig *ctx;
        struct history *history;
        const struct migration *migration;
        struct areas *areas;
        struct stage *stage; /* where migrate, and the check behind it, run */
        struct redo *redo;   /* once it is prepared */
        bool committing;     /* from here on only a recovery may throw the stage away */
};

/* Returns: 0, or a negative errno with @error set to why the migration can't be prepared. */
int transaction_begin(struct dmig *ctx, struct history *history, const struct migration *migration,
                      struct transaction **ret, struct error *error);
/* Leaves what is on the disk as it is. */
struct transaction *transaction_free(struct transaction *transaction);
DEFINE_CLEANUP(struct transaction *, transaction_free);

struct transaction_end {
        const char *from;   /* the version that the upgrade began with */
        const char *sha256; /* of the migration */
        int64_t duration_ms;
};

/*
 * Finds out what was changed, and makes it durable in the stage; nothing else is touched. Returns: how many files were changed, 0
 * where there is nothing to commit, or a negative errno with @error set.
 */
int transaction_prepare(struct transaction *transaction, const struct transaction_end *end, struct error *error);
/* Puts all of it in place: "committing", then "applied". Returns: 0, or a negative errno with @error set: the next run goes on. */
int transaction_commit(struct transaction *transaction, struct error *error);
/* Throws the stage away, if there is one. Returns: 0, or a negative errno with @error set. */
int transaction_drop(struct history *history, struct error *error);

/*
 * Finishes what was begun and has no end, because the program was killed or the machine lost power: a commit or an undo goes on,
 * an attempt is "interrupted". Has to come before anything else is done with a package. Returns: 0, or a negative errno with
 * @error set.
 */
int transaction_recover(struct dmig *ctx, struct history *history, struct error *error);
/*
 * Whether a commit or an undo was begun and has no end, so that the files are neither the old nor the new ones; without the lock, one may
 * also be under way. Returns: 0, or -EUCLEAN with @error set to which it is and what to do.
 */
int transaction_check_ended(const struct history *history, struct error *error);
/* Frees what an undo of all but the last completed upgrade would need. Returns: 0, or a negative errno with @error set. */
int transaction_prune(struct dmig *ctx, struct history *history, struct error *error);
