/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The attributes of an undo. In: those that the transaction changed, and the files as they are now. Out: changes back to the old ones. */

#include "basic/clock.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "transaction/undo-inversion.h"
#include "transaction/undo.h"

#include <fcntl.h>
#include <stdio.h>

/*
 * Whether attributes are put back. If the transaction changed only the time of a directory, by making or removing an entry, the time is
 * put back only if nobody else has made or removed an entry since. Returns: 1, 0, or a negative errno.
 */
static int inversion_owns_meta(const struct inversion *in, const struct redo_meta *done)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat now;

        fd = beneath_open(in->roots[done->area], done->path, O_PATH | O_NOFOLLOW, 0);
        if (fd == -ENOENT)
                return 1; /* it is made again */
        if (beneath_is_nowhere(fd))
                return !done->from && inversion_puts_back(in, done->area, done->path);
        if (!attributes_equal(&done->before, &done->after))
                return 1;
        if (fd < 0)
                return fd;
        if (fstat(fd, &now) < 0)
                return -errno;
        return time_is_same(now.st_mtim, done->after.st.st_mtim);
}

static int attributes_copy(const struct attributes *from, struct attributes *to)
{
        int r = 0;

        to->st = from->st;
        for (size_t i = 0; r >= 0 && i < from->n_xattrs; i++) {
                const struct xattr *xattr = &from->xattrs[i];
                struct xattr copy = { .name = strdup(xattr->name),
                                      .value = malloc(xattr->size + 1),
                                      .size = xattr->size };

                if (copy.value)
                        memcpy(copy.value, xattr->value, xattr->size);
                r = attributes_add(to, copy);
        }
        return r;
}

/* Fills in @ret, which has nothing yet. Returns: 0 or -ENOMEM, and @ret has to be freed in any case. */
static int redo_meta_invert(const struct redo_meta *done, struct redo_meta *ret)
{
        int r;

        ret->area = done->area;
        ret->path = strdup(done->from ? done->from : done->path);
        ret->from = done->from ? strdup(done->path) : NULL;
        if (!ret->path || (done->from && !ret->from))
                return -ENOMEM;
        r = attributes_copy(&done->after, &ret->before);
        return r < 0 ? r : attributes_copy(&done->before, &ret->after);
}

static int inversion_check_meta(const struct inversion *in, const struct redo_meta *done, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        if (!done->before.st.st_mode || !beneath_is_fixed(in->roots[done->area], done->path))
                return 0;
        if (inversion_format_path(in, done->area, done->path, &path) < 0)
                return -ENOMEM;
        return error_setf(error, -EPERM, "%s is immutable or append-only; run 'chattr -ia' on it first", path);
}

/* Reads the inode number of the file if it comes back from a slot, alone or in a directory. Returns: 0, -ENOENT, or another negative errno. */
static int inversion_read_image_ino(const struct inversion *in, const struct redo_meta *meta, uint64_t *ret)
{
        const struct redo_rename *found = NULL;
        _cleanup_free_ char *path = NULL;
        char slot[SLOT_NAME_MAX];

        for (size_t i = 0; i < in->redo->n_renames; i++) {
                const struct redo_rename *rename = &in->redo->renames[i];

                if (rename->kind != REDO_DETACH && rename->area == meta->area &&
                    path_is_within(meta->path, rename->path) && (!found || strlen(rename->path) > strlen(found->path)))
                        found = rename;
        }
        if (!found)
                return -ENOENT;
        if (asprintf(&path, "%s%s", commit_slot_name(found->slot, slot), meta->path + strlen(found->path)) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return inversion_read_ino(in->slots[meta->area], path, ret);
}

static int inversion_add_meta(struct inversion *in, const struct redo_meta *done, struct error *error)
{
        struct redo_meta meta = { 0 };
        uint64_t ino = done->before.st.st_ino;
        int r;

        r = undo_is_volatile(in->archived->redo, done->area, done->path);
        if (r < 0 || (r > 0 && undo_is_of_earlier_boot(in->archived->redo)))
                return r < 0 ? r : 0;
        r = inversion_owns_meta(in, done);
        if (r <= 0)
                return r;
        r = inversion_check_meta(in, done, error);
        if (r >= 0)
                r = redo_meta_invert(done, &meta);
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        /* If it was copied to another file system and back, it is another inode than before the transaction. */
        if (inversion_read_image_ino(in, &meta, &ino) < 0)
                (void)inversion_read_ino(in->roots[done->area], done->path, &ino);
        meta.after.st.st_ino = ino;
        return redo_add_meta(in->redo, &meta);
}

int inversion_add_metas(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;

        for (size_t i = 0; i < redo->n_metas; i++) {
                int r = inversion_add_meta(in, &redo->metas[i], error);

                if (r < 0)
                        return error && error->code ? r
                                                    : error_errnof(error, r, "can't put back the attributes of %s",
                                                                   redo->metas[i].path);
        }
        return 0;
}
