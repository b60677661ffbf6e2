/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/prepared.h"

#include "commit/redo-file.h"
#include "fs/beneath.h"
#include "package/emit.h"
#include "transaction/archive.h"

#include <fcntl.h>
#include <stdio.h>

void prepared_done(struct prepared *prepared)
{
        free(prepared->path);
        fd_closep(&prepared->dir);
}

/* Returns: 1, 0 where there is no stage, or a negative errno with @error set. */
int prepared_open(struct prepared *prepared, const struct history *history, struct error *error)
{
        *prepared = (struct prepared){ .dir = -EBADF };
        if (history->dir < 0)
                return 0;
        if (asprintf(&prepared->path, "%s" STATE_DIR "/%s/" STAGE_DIR, history->root->path, history->package) < 0) {
                prepared->path = NULL;
                return -ENOMEM;
        }
        prepared->dir = beneath_open(history->dir, STAGE_DIR, O_RDONLY | O_DIRECTORY, 0);
        if (prepared->dir < 0)
                return prepared->dir == -ENOENT ? 0
                                                : error_errnof(error, prepared->dir, "can't open %s", prepared->path);
        prepared->place = (struct commit_place){
                .root = history->root,
                .package = history->package,
                .path = prepared->path,
                .dir = prepared->dir,
        };
        return 1;
}

/* ---- Forward ---- */

static int record_applied(struct dmig *ctx, struct history *history, const struct redo *redo, struct error *error)
{
        return emit_event(
                ctx, history,
                &(const struct emission){ "applied",
                                          { { "id", .text = redo->id },
                                            { "sha256", .text = redo->sha256 },
                                            { "duration_ms", .number = redo->duration_ms },
                                            { "changes", .number = (int64_t)changes_count(&redo->changes) } } },
                error);
}

/* Who may read the history may read what was changed, too; not the slots, with what the files had in them. */
static int restrict_access(const struct prepared *prepared, int transactions)
{
        _cleanup_close_ int log = beneath_open(prepared->dir, REDO_FILE, O_RDONLY, 0);
        int r;

        r = log < 0 ? log : history_restrict(log, 0640);
        if (r >= 0)
                r = history_restrict(prepared->dir, 0750);
        return r < 0 ? r : history_restrict(transactions, 0750);
}

/* What was the stage is what is kept. */
int prepared_keep(const struct prepared *prepared, const struct history *history, const struct redo *redo,
                  struct error *error)
{
        _cleanup_close_ int archived = -EBADF;
        _cleanup_free_ char *name = NULL;
        int r;

        r = commit_release(&prepared->place, redo, error);
        if (r < 0)
                return r;
        r = beneath_remove(prepared->dir, STAGE_AREAS_DIR);
        if (r >= 0)
                r = beneath_remove(prepared->dir, HOLDS_FILE);
        if (r >= 0)
                r = archive_name(redo->run, redo->id, &name);
        if (r >= 0)
                r = archived = beneath_make_directories(history->dir, TRANSACTIONS_DIR);
        if (r >= 0)
                r = beneath_remove(archived, name); /* of one that the same run applied, and undid */
        if (r >= 0)
                r = restrict_access(prepared, archived);
        if (r >= 0 && renameat(history->dir, STAGE_DIR, archived, name) < 0)
                r = -errno;
        return r < 0 ? error_errnof(error, r, "can't keep %s for an undo", prepared->path) : 0;
}

/* From wherever it was left. */
int prepared_finish(struct dmig *ctx, struct history *history, const struct prepared *prepared, const struct redo *redo,
                    struct error *error)
{
        int r;

        r = commit_apply(&prepared->place, redo, error);
        if (r >= 0)
                r = record_applied(ctx, history, redo, error);
        return r < 0 ? r : prepared_keep(prepared, history, redo, error);
}

/* ---- Back ---- */

int prepared_release(const struct commit_place *place, struct error *error)
{
        _cleanup_(redo_freep) struct redo *holds = NULL;
        int r;

        r = redo_read(place->dir, HOLDS_FILE, place->path, &holds, error);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return commit_release(place, holds, error);
}

int prepared_drop(const struct prepared *prepared, const struct history *history, struct error *error)
{
        int r;

        r = prepared_release(&prepared->place, error);
        if (r < 0)
                return r;
        r = beneath_remove(history->dir, STAGE_DIR);
        return r < 0 ? error_errnof(error, r, "can't remove %s", prepared->path) : 0;
}
