/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The renames of an undo. In: those of the transaction, from the last to the first. Out: install or exchange for each file that comes back,
 * detach for each that the transaction made. What couldn't be done later is refused now.
 */

#include "basic/path.h"
#include "fs/beneath.h"
#include "transaction/undo-inversion.h"
#include "transaction/undo-look.h"
#include "transaction/undo.h"

#include <fcntl.h>

/* An area with a hold: its before-images are in the transaction's own slots, and are copied into the hold. */
static int inversion_copy_image(struct inversion *in, int images, const struct redo_rename *done, struct error *error)
{
        char slot[SLOT_NAME_MAX];

        commit_slot_name(done->slot, slot);
        return content_copy_tree(&(const struct copy){ .from_dir = images,
                                                       .from = slot,
                                                       .to_dir = in->slots[done->area],
                                                       .to = slot,
                                                       .links = in->links[done->area] },
                                 error);
}

/*
 * Finds the file that comes back from the slot. Returns: 1 with its inode number in @rename, 0 if there was none to replace or remove
 * when the transaction was committed, as another process had removed it, or a negative errno.
 */
static int inversion_find_image(struct inversion *in, const struct redo_rename *done, struct redo_rename *rename,
                                struct error *error)
{
        _cleanup_close_ int images = beneath_open(in->archived->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        char slot[SLOT_NAME_MAX];
        int r;

        commit_slot_name(done->slot, slot);
        r = images < 0 ? images : inversion_read_ino(images, slot, &rename->ino);
        if (r == -ENOENT)
                return 0;
        if (r >= 0 && in->archived->redo->areas[done->area].hold) {
                r = inversion_copy_image(in, images, done, error);
                if (r >= 0)
                        r = inversion_read_ino(in->slots[done->area], slot, &rename->ino);
        }
        return r < 0 ? r : 1;
}

/* Whether the file at @path is as the transaction left it there. */
static bool changes_left(const struct changes *changes, size_t area, const char *path, const struct stat *now)
{
        const struct change *change = changes_find(changes, area, path);

        for (; change && change < changes->changes + changes->n && change->area == area && streq(change->path, path);
             change++)
                if (change->after.st_mode)
                        return stat_is_as_left(&change->after, now);
        return true;
}

/*
 * Reads the inode number of the file that is taken away from the path of @done. It was checked before, but a file that was put there since
 * must not go with the slots. Returns: 1, 0 if there is none, or a negative errno.
 */
static int inversion_read_new(const struct inversion *in, const struct redo_rename *done, uint64_t *ret,
                              struct error *error)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;
        int r;

        r = inversion_read_stat(in->roots[done->area], done->path, &st);
        if (r < 0)
                return beneath_is_nowhere(r) ? 0 : r;
        *ret = st.st_ino;
        if (in->redo->keep || changes_left(&in->archived->redo->changes, done->area, done->path, &st))
                return 1;
        if (inversion_format_path(in, done->area, done->path, &path) < 0)
                return -ENOMEM;
        return error_setf(error, -ESTALE, "%s was changed just now; try again", path);
}

/* Returns: 1 with the kind and inode number of @rename, 0 if nothing has to be done, or a negative errno. */
static int inversion_invert(struct inversion *in, const struct redo_rename *done, struct redo_rename *rename,
                            struct error *error)
{
        int r = 0;

        if (done->image) {
                r = inversion_find_image(in, done, rename, error);
                if (r < 0 || (r == 0 && done->kind == REDO_DETACH))
                        return r;
        } else if (done->kind == REDO_DETACH) {
                rename->ino = in->moved[done->slot];
                rename->kind = REDO_INSTALL;
                return rename->ino ? 1 : 0;
        }
        if (r > 0 && done->kind == REDO_DETACH) {
                rename->kind = REDO_INSTALL;
                return 1;
        }
        if (r > 0) {
                rename->kind = REDO_EXCHANGE;
                r = inversion_read_new(in, done, &rename->replaced, error);
                return r < 0 ? r : 1;
        }
        rename->kind = REDO_DETACH;
        r = inversion_read_new(in, done, &rename->ino, error);
        if (r <= 0)
                return r; /* it was removed since, and --force given */
        in->moved[done->slot] = rename->ino;
        return 1;
}

/* Refuses an immutable file: rename(2) would fail once it is too late. */
static int inversion_check_fixed(const struct inversion *in, const struct redo_rename *done, struct error *error)
{
        _cleanup_free_ char *parent = path_parent(done->path), *path = NULL;
        int root = in->roots[done->area], r;

        if (!parent)
                return -ENOMEM;
        r = beneath_is_fixed(root, done->path);
        if (r == 0)
                r = beneath_is_fixed(root, parent);
        if (r <= 0)
                return r;
        if (inversion_format_path(in, done->area, done->path, &path) < 0)
                return -ENOMEM;
        return error_setf(error, -EPERM,
                          "%s or its directory is immutable or append-only; run 'chattr -ia' on it first", path);
}

/* Refuses a path whose directory was replaced by something else. A missing directory is made again. */
static int inversion_check_parent(const struct inversion *in, const struct redo_rename *rename, struct error *error)
{
        _cleanup_close_ int parent = -EBADF;
        _cleanup_free_ char *path = NULL;
        const char *name;

        if (rename->kind == REDO_DETACH)
                return 0;
        parent = beneath_open_parent(in->roots[rename->area], rename->path, &name);
        if (parent >= 0 || parent == -ENOENT ||
            (beneath_is_nowhere(parent) && inversion_puts_back(in, rename->area, rename->path)))
                return 0;
        if (inversion_format_path(in, rename->area, rename->path, &path) < 0)
                return -ENOMEM;
        return error_setf(error, parent, "can't put back %s: %s; move away the file that replaces its directory", path,
                          strerror(-parent));
}

/* What has vanished, as is to be expected at a reboot, doesn't come back. Returns: 1, 0, or a negative errno. */
static int inversion_is_vanished(const struct inversion *in, const struct redo_rename *done)
{
        const struct redo *redo = in->archived->redo;
        int r = undo_is_lost(redo, done->area, done->path);
        uint64_t ino;

        if (r != 0 || done->kind != REDO_EXCHANGE)
                return r;
        r = undo_is_volatile(redo, done->area, done->path);
        if (r <= 0)
                return r;
        r = inversion_read_ino(in->roots[done->area], done->path, &ino);
        return beneath_is_nowhere(r) ? 1 : r < 0 ? r : 0;
}

static int inversion_add_rename(struct inversion *in, const struct redo_rename *done, struct error *error)
{
        struct redo_rename rename = { .area = done->area, .slot = done->slot };
        int r;

        r = inversion_is_vanished(in, done);
        if (r != 0)
                return r < 0 ? r : 0;
        r = inversion_check_fixed(in, done, error);
        if (r >= 0)
                r = inversion_invert(in, done, &rename, error);
        if (r <= 0)
                return r;
        rename.path = strdup(done->path);
        r = rename.path ? inversion_check_parent(in, &rename, error) : -ENOMEM;
        if (r < 0) {
                redo_rename_done(&rename);
                return r;
        }
        return redo_add_rename(in->redo, &rename);
}

int inversion_add_renames(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;

        for (size_t i = redo->n_renames; i-- > 0;) {
                int r = inversion_add_rename(in, &redo->renames[i], error);

                if (r < 0)
                        return error && error->code
                                       ? r
                                       : error_errnof(error, r, "can't put back %s", redo->renames[i].path);
        }
        return 0;
}
