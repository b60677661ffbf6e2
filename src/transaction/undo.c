/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo.h"

#include "commit/redo-file.h"
#include "commit/redo-units.h"
#include "fs/beneath.h"
#include "package/emit.h"

/* The log goes last: as long as it exists, a transaction with missing slots isn't mistaken for one that can be undone. */
static int undo_clean_up(const struct commit_place *place, const struct redo *undo, struct error *error)
{
        int r;

        r = commit_release(place, undo, error);
        if (r < 0)
                return r;
        r = beneath_remove(place->dir, SLOTS_DIR);
        if (r >= 0)
                r = beneath_remove(place->dir, HOLDS_FILE);
        if (r >= 0)
                r = beneath_sync(place->dir);
        if (r >= 0)
                r = beneath_remove(place->dir, UNDO_FILE);
        return r < 0 ? error_errnof(error, r, "can't clean up %s", place->path) : 0;
}

int undo_record(struct dmig *ctx, struct history *history, const char *id, struct error *error)
{
        assert(ctx && history && id);
        return emit_event(ctx, history, &(const struct emission){ "undone", { { "id", .text = id } } }, error);
}

int undo_finish(struct dmig *ctx, struct history *history, const struct archived *archived, struct error *error)
{
        const struct commit_place place = archived_place(archived, history);
        _cleanup_(redo_freep) struct redo *undo = NULL;
        int r;

        r = redo_read(&(const struct redo_file){ .dir = place.dir, .name = UNDO_FILE, .path = place.path }, &undo,
                      error);
        if (r >= 0 && history_state_is_applied(&history->state, undo->id)) {
                r = commit_apply(&place, undo, error);
                if (r >= 0)
                        r = undo_record(ctx, history, undo->id, error);
                ctx->units_changed |= redo_changes_units(archived->redo);
        }
        return r < 0 ? r : undo_clean_up(&place, undo, error);
}
