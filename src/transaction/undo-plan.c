/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Begins an undo. In: an archived transaction. The holds are made, and the inverse log is made and written. Out: undo.jsonl, from whose
 * appearance on the undo is finished, whatever happens.
 */

#include "fs/beneath.h"
#include "redo/redo-file.h"
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

/* Whether the rename takes a file away for another one of the undo to put it elsewhere. */
static bool inversion_moves(const struct redo *undo, const struct redo_rename *rename)
{
        for (size_t i = 0; rename->kind == REDO_DETACH && i < undo->n_renames; i++)
                if (undo->renames[i].kind == REDO_INSTALL && undo->renames[i].area == rename->area &&
                    undo->renames[i].slot == rename->slot)
                        return true;
        return false;
}

/* On another file system: copies the file that is overwritten. What can fail has to fail now. */
static int inversion_keep_copy(const struct inversion *in, const struct redo_rename *rename, struct links *links,
                               struct error *error)
{
        _cleanup_close_ int kept = -EBADF;
        char slot[SLOT_NAME_MAX];
        uint64_t ino;
        int r;

        r = inversion_read_ino(in->roots[rename->area], rename->path, &ino);
        if (r < 0)
                return beneath_is_nowhere(r) ? 0 : r;
        kept = beneath_make_directories(in->archived->dir, KEPT_DIR);
        if (kept < 0)
                return kept;
        commit_slot_name(rename->slot, slot);
        r = beneath_remove(kept, slot);
        return r < 0 ? r
                     : content_copy_tree(&(const struct copy){ .from_dir = in->roots[rename->area],
                                                               .from = rename->path,
                                                               .to_dir = kept,
                                                               .to = slot,
                                                               .links = links },
                                         error);
}

static int inversion_keep_copies(const struct inversion *in, struct error *error)
{
        _cleanup_(links_freep) struct links *links = NULL;
        int r = in->redo->keep ? links_new(&links) : 0;

        for (size_t i = 0; in->redo->keep && r >= 0 && i < in->redo->n_renames; i++) {
                const struct redo_rename *rename = &in->redo->renames[i];

                if (in->redo->areas[rename->area].hold && !inversion_moves(in->redo, rename))
                        r = inversion_keep_copy(in, rename, links, error);
        }
        if (r >= 0 && in->redo->keep)
                r = beneath_sync(in->archived->dir);
        return r < 0 && !(error && error->code) ? error_errnof(error, r, "can't keep what is overwritten") : r;
}

int undo_begin(const struct history *history, const struct archived *archived, const char *keep, struct error *error)
{
        _cleanup_(inversion_done) struct inversion in = { .archived = archived };
        int r;

        r = inversion_init(&in, history, archived);
        if (r >= 0 && keep) {
                in.redo->keep = strdup(keep);
                r = in.redo->keep ? 0 : -ENOMEM;
        }
        if (r >= 0 && redo_has_holds(in.redo))
                r = inversion_write(&in, HOLDS_FILE, error);
        if (r >= 0)
                r = inversion_open_areas(&in, error);
        if (r >= 0)
                r = inversion_add_renames(&in, error);
        if (r >= 0)
                r = inversion_add_metas(&in, error);
        if (r >= 0)
                r = inversion_keep_copies(&in, error);
        if (r >= 0)
                r = inversion_sync_holds(&in, error);
        return r < 0 ? r : inversion_write(&in, UNDO_FILE, error);
}
