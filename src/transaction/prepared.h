/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The transaction that is in a package's stage, from its redo log to its end, forward or back. */

#include "commit/commit.h"
#include "history/history.h"
#include "package/context.h"

/* In the package's state. */
#define STAGE_DIR   "stage"
#define PREVIEW_DIR "preview" /* stages of which nothing is ever committed */

struct prepared {
        struct commit_place place;
        char *path;
        int dir;
};

/* Returns: 1, 0 where there is no stage, or a negative errno with @error set. */
int prepared_open(struct prepared *prepared, const struct history *history, struct error *error);
void prepared_done(struct prepared *prepared);

/* Does what @redo says, however much of it was done before, records "applied", and keeps it. Returns: 0, or a negative errno with @error set. */
int prepared_finish(struct dmig *ctx, struct history *history, const struct prepared *prepared, const struct redo *redo,
                    struct error *error);
/* The last step of it. */
int prepared_keep(const struct prepared *prepared, const struct history *history, const struct redo *redo,
                  struct error *error);
/* Throws it away. */
int prepared_drop(const struct prepared *prepared, const struct history *history, struct error *error);
/* Removes the holds of a transaction that wasn't begun. */
int prepared_release(const struct commit_place *place, struct error *error);
