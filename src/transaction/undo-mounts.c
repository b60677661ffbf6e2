/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checks the mounts before an undo. In: the areas of a transaction. Out: nothing, or an error that names the mount that changed. */

#include "transaction/undo.h"

#include <fcntl.h>

/*
 * Files put into the directory below a mount point would be hidden once it is mounted again; and if rename(2) can't reach an area, an undo
 * would fail for ever.
 */
static int undo_check_reachable(const struct commit_place *place, const struct redo *redo, size_t i,
                                struct error *error)
{
        const struct redo_area *area = &redo->areas[i];
        _cleanup_close_ int root = root_open_unlinked(place->root, area->path, O_RDONLY | O_DIRECTORY);
        int r;

        if (root < 0)
                return 0; /* undo_check() reports it, or undo_begin() makes it again */
        r = commit_is_reachable(place, root);
        if (r < 0)
                return error_errnof(error, r, "can't look at %s%s", place->root->path, area->path);
        if (area->memory && undo_is_of_earlier_boot(redo))
                return 0; /* nothing is put back there */
        if (area->hold && r > 0)
                return error_setf(
                        error, -ESTALE,
                        "the file system that was mounted on %s%s when %s was applied isn't mounted; mount it, or use --force to put the files into the directory that is there",
                        place->root->path, area->path, redo->id);
        if (!area->hold && r == 0)
                return error_setf(
                        error, -ESTALE,
                        "%s%s is on another mount than %s, which it wasn't when %s was applied, so files can't be moved there; unmount it, and copy new files in it back",
                        place->root->path, area->path, place->path, redo->id);
        return 0;
}

int undo_check_mounts(const struct history *history, const struct archived *archived, bool force, struct error *error)
{
        const struct commit_place place = archived_place(archived, history);
        const struct redo *redo = archived->redo;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++)
                if (redo->areas[i].slots && !(redo->areas[i].hold && force))
                        r = undo_check_reachable(&place, redo, i, error);
        return r;
}
