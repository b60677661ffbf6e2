/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo.h"

#include "basic/path.h"
#include "fs/beneath.h"
#include "package/emit.h"
#include "redo/redo-file.h"
#include "redo/redo-units.h"
#include "transaction/prepared.h"

#include <fcntl.h>
#include <stdio.h>

/* ---- What is overwritten ---- */

/* A file that was overwritten. */
struct kept_slot {
        int state; /* the package's, below which it is put */
        int from;  /* the directory that it is in */
        const char *name;
};

/* Returns: a path below the package's state that has the path that the file had; to be freed. */
static char *undo_format_kept(const struct redo *undo, const struct redo_rename *rename, unsigned number)
{
        _cleanup_free_ char *whole = NULL;
        char suffix[16] = "", *path;

        if (redo_format_path(undo, rename->area, rename->path, &whole) < 0)
                return NULL;
        if (number > 0)
                snprintf(suffix, sizeof(suffix), ".~%u~", number); /* as of cp --backup */
        return asprintf(&path, "%s/%s%s", undo->keep, whole + strspn(whole, "/"), suffix) < 0 ? NULL : path;
}

/* Where a file is that isn't a directory, nothing can be put below it: then a name without directories is made. */
/* @path begins with @keep. */
static int undo_keep_as(const struct kept_slot *kept, const char *keep, char *path)
{
        _cleanup_free_ char *directory = path_parent(path);
        _cleanup_close_ int parent = -EBADF;

        if (!directory)
                return -ENOMEM;
        parent = beneath_make_directories(kept->state, directory);
        if (beneath_is_nowhere(parent)) {
                for (char *p = path + strlen(keep) + 1; *p; p++)
                        if (*p == '/')
                                *p = '-';
                return renameat2(kept->from, kept->name, kept->state, path, RENAME_NOREPLACE) < 0 ? -errno : 0;
        }
        if (parent < 0)
                return parent;
        return renameat2(kept->from, kept->name, parent, path_name(path), RENAME_NOREPLACE) < 0 ? -errno : 0;
}

/* Each file is where it was, as far as it isn't in a directory that is kept, too; a second one of that name gets a number. */
static int undo_keep_file(const struct redo *undo, const struct redo_rename *rename, int state, int from)
{
        char slot[SLOT_NAME_MAX];
        const struct kept_slot kept = { .state = state, .from = from, .name = commit_slot_name(rename->slot, slot) };
        struct stat st;
        int r = -EEXIST;

        if (fstatat(from, slot, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        for (unsigned i = 0; r == -EEXIST && i < 1000; i++) {
                _cleanup_free_ char *path = undo_format_kept(undo, rename, i);

                r = path ? undo_keep_as(&kept, undo->keep, path) : -ENOMEM;
        }
        return r;
}

/* Outermost first. Can be done again: what was moved isn't there any more. */
static int undo_keep(const struct commit_place *place, const struct history *history, const struct redo *undo,
                     struct error *error)
{
        _cleanup_close_ int slots = -EBADF, copies = -EBADF;
        int r = 0;

        if (!undo->keep)
                return 0;
        slots = beneath_open(place->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        copies = beneath_open(place->dir, KEPT_DIR, O_RDONLY | O_DIRECTORY, 0);
        if (slots < 0 && slots != -ENOENT)
                r = slots;
        if (copies < 0 && copies != -ENOENT)
                r = copies;
        for (size_t i = undo->n_renames; r >= 0 && i-- > 0;) {
                const struct redo_rename *rename = &undo->renames[i];
                int from = undo->areas[rename->area].hold ? copies : slots;

                if (from >= 0)
                        r = undo_keep_file(undo, rename, history->dir, from);
        }
        if (r >= 0)
                r = beneath_sync(place->dir);
        return r < 0 ? error_errnof(error, r, "can't keep what is overwritten in %s" STATE_DIR "/%s/%s",
                                    place->root->path, history->package, undo->keep)
                     : 0;
}

/* ---- The undo ---- */

/* The log goes last: as long as it exists, a transaction with missing slots isn't mistaken for one that can be undone. */
static int undo_clean_up(const struct commit_place *place, const struct redo *undo, struct error *error)
{
        int r;

        r = commit_release(place, undo, error);
        if (r < 0)
                return r;
        r = beneath_remove(place->dir, SLOTS_DIR);
        if (r >= 0)
                r = beneath_remove(place->dir, KEPT_DIR);
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
        _cleanup_strv_ struct strv displaced = { 0 };
        int r;

        r = redo_read(&(const struct redo_file){ .dir = place.dir, .name = UNDO_FILE, .path = place.path }, &undo,
                      error);
        if (r >= 0 && history_state_is_applied(&history->state, undo->id)) {
                r = commit_apply(&place, undo, undo->keep ? NULL : &displaced, error);
                displaced_tell(ctx, history->package, &displaced);
                if (r >= 0)
                        r = undo_record(ctx, history, undo->id, error);
                ctx->units_changed |= redo_changes_units(archived->redo);
        }
        if (r >= 0)
                r = undo_keep(&place, history, undo, error);
        return r < 0 ? r : undo_clean_up(&place, undo, error);
}
