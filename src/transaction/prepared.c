/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/prepared.h"

#include "commit/redo-file.h"
#include "fs/beneath.h"
#include "package/emit.h"
#include "transaction/archive.h"

#include <fcntl.h>
#include <stdio.h>

void staged_done(struct staged *staged)
{
        free(staged->path);
        closep(&staged->dir);
}

/* Returns: 1, 0 where there is no stage, or a negative errno with @error set. */
int staged_open(struct staged *staged, const struct history *history, struct error *error)
{
        *staged = (struct staged){ .dir = -EBADF };
        if (history->dir < 0)
                return 0;
        if (asprintf(&staged->path, "%s" STATE_DIR "/%s/" STAGE_DIR, history->root->path, history->package) < 0) {
                staged->path = NULL;
                return -ENOMEM;
        }
        staged->dir = below_open(history->dir, STAGE_DIR, O_RDONLY | O_DIRECTORY, 0);
        if (staged->dir < 0)
                return staged->dir == -ENOENT ? 0 : error_errnof(error, staged->dir, "can't open %s", staged->path);
        staged->place = (struct commit_place){
                .root = history->root,
                .package = history->package,
                .path = staged->path,
                .dir = staged->dir,
        };
        return 1;
}

/* ---- Forward ---- */

static int record_applied(struct dmig *ctx, struct history *history, const struct redo *redo, struct error *error)
{
        return record_event(ctx, history, "applied",
                            (const struct field[]){ { "id", .text = redo->id },
                                                    { "sha256", .text = redo->sha256 },
                                                    { "duration_ms", .number = redo->duration_ms },
                                                    { "changes", .number = (int64_t)changes_count(&redo->changes) },
                                                    { 0 } },
                            error);
}

/* Who may read the history may read what was changed, too; not the slots, with what the files had in them. */
static int restrict_access(const struct staged *staged, int transactions)
{
        _cleanup_close_ int log = below_open(staged->dir, REDO_FILE, O_RDONLY, 0);
        int r;

        r = log < 0 ? log : history_restrict(log, 0640);
        if (r >= 0)
                r = history_restrict(staged->dir, 0750);
        return r < 0 ? r : history_restrict(transactions, 0750);
}

/* What was the stage is what is kept. */
int staged_keep(const struct staged *staged, const struct history *history, const struct redo *redo,
                struct error *error)
{
        _cleanup_close_ int kept = -EBADF;
        _cleanup_free_ char *name = NULL;
        int r;

        r = commit_release(&staged->place, redo, error);
        if (r < 0)
                return r;
        r = below_remove(staged->dir, STAGE_AREAS_DIR);
        if (r >= 0)
                r = below_remove(staged->dir, HOLDS_FILE);
        if (r >= 0)
                r = kept_name(redo->run, redo->id, &name);
        if (r >= 0)
                r = kept = below_make_directories(history->dir, TRANSACTIONS_DIR);
        if (r >= 0)
                r = below_remove(kept, name); /* of one that the same run applied, and undid */
        if (r >= 0)
                r = restrict_access(staged, kept);
        if (r >= 0 && renameat(history->dir, STAGE_DIR, kept, name) < 0)
                r = -errno;
        return r < 0 ? error_errnof(error, r, "can't keep %s for an undo", staged->path) : 0;
}

/* From wherever it was left. */
int staged_finish(struct dmig *ctx, struct history *history, const struct staged *staged, const struct redo *redo,
                  struct error *error)
{
        int r;

        r = commit_apply(&staged->place, redo, error);
        if (r >= 0)
                r = record_applied(ctx, history, redo, error);
        return r < 0 ? r : staged_keep(staged, history, redo, error);
}

/* ---- Back ---- */

int staged_release(const struct commit_place *place, struct error *error)
{
        _cleanup_(redo_freep) struct redo *holds = NULL;
        int r;

        r = redo_read(place->dir, HOLDS_FILE, place->path, &holds, error);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return commit_release(place, holds, error);
}

int staged_drop(const struct staged *staged, const struct history *history, struct error *error)
{
        int r;

        r = staged_release(&staged->place, error);
        if (r < 0)
                return r;
        r = below_remove(history->dir, STAGE_DIR);
        return r < 0 ? error_errnof(error, r, "can't remove %s", staged->path) : 0;
}
