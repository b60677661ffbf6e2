/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Begins an undo. In: an archived transaction. The holds are made, and the inverse log is made and written. Out: undo.jsonl, from whose
 * appearance on the undo is finished, whatever happens.
 */

#include "commit/redo-file.h"
#include "fs/beneath.h"
#include "transaction/undo-inversion.h"
#include "transaction/undo.h"

static int inversion_open_areas(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;

        for (size_t i = 0; i < redo->n_areas; i++) {
                int r;

                in->roots[i] = commit_open_area(&in->place, redo, i);
                r = in->roots[i];
                if (r >= 0)
                        r = in->slots[i] = commit_make_slots(&in->place, in->redo, i);
                if (r >= 0)
                        r = links_new(&in->links[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't put back what %s changed in %s%s", redo->id,
                                            in->place.root->path, redo->areas[i].path);
        }
        return 0;
}

static int inversion_sync_holds(const struct inversion *in, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < in->redo->n_areas; i++)
                if (in->redo->areas[i].hold)
                        r = beneath_sync(in->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't sync the files to be put back") : 0;
}

static int inversion_write(const struct inversion *in, const char *name, struct error *error)
{
        int r = redo_write(in->redo, in->archived->dir, name);

        return r < 0 ? error_errnof(error, r, "can't write %s/%s", in->archived->path, name) : 0;
}

int undo_begin(const struct history *history, const struct archived *archived, struct error *error)
{
        _cleanup_(inversion_done) struct inversion in = { .archived = archived };
        int r;

        r = inversion_init(&in, history, archived);
        if (r >= 0 && redo_has_holds(in.redo))
                r = inversion_write(&in, HOLDS_FILE, error);
        if (r >= 0)
                r = inversion_open_areas(&in, error);
        if (r >= 0)
                r = inversion_add_renames(&in, error);
        if (r >= 0)
                r = inversion_add_metas(&in, error);
        if (r >= 0)
                r = inversion_sync_holds(&in, error);
        return r < 0 ? r : inversion_write(&in, UNDO_FILE, error);
}
