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

static int inversion_refuse_fixed(const struct inversion *in, const struct redo_meta *meta, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        if (inversion_format_path(in, meta->area, meta->path, &path) < 0)
                return -ENOMEM;
        return error_setf(error, -EPERM, "%s is immutable or append-only; run 'chattr -ia' on it first", path);
}

/*
 * Finds the file that will have the attributes, wherever it is now, and notes its inode number: if it was copied to another file system
 * and back, that is another one than before the transaction.
 */
static int inversion_find_file(const struct inversion *in, struct redo_meta *meta, struct error *error)
{
        struct redo_origin origin;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r, dir, fixed;

        r = redo_trace_back(in->trace, meta->area, meta->path, &origin);
        if (r < 0)
                return r;
        dir = origin.in_slot ? in->slots[meta->area] : in->roots[meta->area];
        fixed = beneath_is_fixed(dir, origin.path);
        fd = beneath_open(dir, origin.path, O_PATH | O_NOFOLLOW, 0);
        free(origin.path);
        r = fd < 0 ? fd : fixed < 0 ? fixed : attributes_read_birth(fd, &meta->born);
        if (r >= 0 && fstat(fd, &st) < 0)
                r = -errno;
        if (r >= 0)
                meta->after.st.st_ino = st.st_ino;
        if (fixed > 0 && meta->after.st.st_mode)
                return inversion_refuse_fixed(in, meta, error);
        return beneath_is_nowhere(r) ? 0 : r;
}

static int inversion_add_meta(struct inversion *in, const struct redo_meta *done, struct error *error)
{
        struct redo_meta meta = { 0 };
        int r;

        r = undo_is_lost(in->archived->redo, done->area, done->path);
        if (r != 0)
                return r < 0 ? r : 0;
        r = inversion_owns_meta(in, done);
        if (r <= 0)
                return r;
        r = redo_meta_invert(done, &meta);
        if (r >= 0)
                r = inversion_find_file(in, &meta, error);
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        return redo_add_meta(in->redo, &meta);
}

int inversion_add_metas(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;
        int r;

        r = redo_trace_new(in->redo, &in->trace);
        for (size_t i = 0; r >= 0 && i < redo->n_metas; i++) {
                r = inversion_add_meta(in, &redo->metas[i], error);
                if (r < 0 && !(error && error->code))
                        r = error_errnof(error, r, "can't put back the attributes of %s", redo->metas[i].path);
        }
        return r;
}
