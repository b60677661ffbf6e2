/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The prepared transaction in a package's stage. In: its redo log. Out: it is committed and archived, or removed. */

#include "commit/commit.h"
#include "history/history.h"
#include "package/context.h"

/* In the package's state. */
#define PREVIEW_DIR "preview" /* the stages of a preview, which are never committed */

struct prepared {
        struct history *history; /* borrowed */
        struct commit_place place;
        char *path;
        int dir;
};

/* Returns: 1, 0 if there is no stage, or a negative errno with @error set. */
int prepared_open(struct prepared *prepared, struct history *history, struct error *error);
void prepared_done(struct prepared *prepared);
/* Returns: 1, 0 if there is no redo log, or a negative errno with @error set. */
int prepared_read(const struct prepared *prepared, struct redo **ret, struct error *error);

/* Warns of the files that commit_apply() has put aside. */
void displaced_tell(struct dmig *ctx, const char *package, const struct strv *displaced);

/* What "applied" says of a migration. */
struct applied {
        const char *id;
        const char *sha256;
        int64_t duration_ms;
        int64_t changes; /* FIELD_UNKNOWN: it ran directly on the system */
};

/* Records "applied", to become durable with the next event. Returns: 0, or a negative errno with @error set. */
_must_check_ int applied_record(struct dmig *ctx, struct history *history, const struct applied *applied,
                                struct error *error);

/* Executes @redo, however much of it was done before, and records "applied". Returns: as applied_record(). */
_must_check_ int prepared_apply(struct dmig *ctx, const struct prepared *prepared, const struct redo *redo,
                                struct error *error);
/*
 * The stage becomes an archived transaction. "applied" must be durable: without it, recovery looks for the stage. Returns: 0, or a negative errno
 * with @error set.
 */
_must_check_ int prepared_archive(const struct prepared *prepared, const struct redo *redo, struct error *error);
/* Whether its commit has begun: then the slots may have before-images, whatever became of the log. Returns: 1, 0, or a negative errno. */
_must_check_ int prepared_is_begun(const struct prepared *prepared);
/*
 * Moves a stage whose commit has begun, but whose log can't be read, to the archive, where it ends the undo of what is older until somebody
 * restores the log or forgets all. In @ret: the path that it has then. Returns: 0, or a negative errno with @error set.
 */
_must_check_ int prepared_keep(const struct prepared *prepared, char **ret, struct error *error);
/* Removes the stage and its holds. Returns: 0, or a negative errno with @error set. */
_must_check_ int prepared_drop(const struct prepared *prepared, struct error *error);
/* Removes the holds that holds.jsonl in @place names, of a commit or an undo that wasn't begun. Returns: 0, or a negative errno with @error set. */
int prepared_release(const struct commit_place *place, struct error *error);
