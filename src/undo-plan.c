/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "undo.h"

#include "below.h"
#include "content.h"

#include <fcntl.h>
#include <stdio.h>

struct inversion {
        const struct kept *kept;
        struct commit_place place;
        struct redo *redo; /* the inverse, under construction */
        int *roots;        /* one an area */
        int *slots;
        struct links **links;
};

static void inversion_done(struct inversion *in)
{
        for (size_t i = 0; in->roots && i < in->kept->redo->n_areas; i++) {
                closep(&in->roots[i]);
                closep(&in->slots[i]);
                links_free(in->links[i]);
        }
        free(in->roots);
        free(in->slots);
        free(in->links);
        redo_free(in->redo);
}

static bool has_holds(const struct redo *redo)
{
        for (size_t i = 0; i < redo->n_areas; i++)
                if (redo->areas[i].hold)
                        return true;
        return false;
}

static int copy_header(struct redo *to, const struct redo *from)
{
        to->id = strdup(from->id);
        to->sha256 = strdup(from->sha256);
        to->run = strdup(from->run);
        to->upgrade = from->upgrade;
        to->position = from->position;
        if (!to->id || !to->sha256 || !to->run)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_areas; i++) {
                struct redo_area area = { .path = strdup(from->areas[i].path) };

                if (from->areas[i].hold)
                        area.hold = strdup(from->areas[i].hold);
                if (!area.path || (from->areas[i].hold && !area.hold)) {
                        redo_area_done(&area);
                        return -ENOMEM;
                }
                if (redo_add_area(to, &area) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* ---- Places ---- */

static int open_places(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->kept->redo;

        for (size_t i = 0; i < redo->n_areas; i++) {
                int r;

                in->roots[i] = commit_open_area(&in->place, redo, i);
                r = in->roots[i];
                if (r >= 0 && redo->areas[i].hold)
                        r = below_remove(in->roots[i], redo->areas[i].hold);
                if (r >= 0)
                        r = in->slots[i] = commit_open_slots(&in->place, redo, i);
                if (r >= 0)
                        r = links_new(&in->links[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't put back what %s changed in %s%s", redo->id,
                                            in->place.root->path, redo->areas[i].path);
        }
        return 0;
}

/* ---- Renames ---- */

static int get_ino(int dir, const char *name, uint64_t *ret)
{
        struct stat st;

        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = st.st_ino;
        return 0;
}

static int get_ino_below(int dir, const char *path, uint64_t *ret)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        parent = below_open_parent(dir, path, &name);
        return parent < 0 ? parent : get_ino(parent, name, ret);
}

/* What was replaced or removed on another file system lies in our own slots, and goes into the hold. */
static int hold_image(struct inversion *in, size_t area, const char *slot, struct error *error)
{
        _cleanup_close_ int images = below_open(in->kept->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);

        if (images < 0)
                return images;
        return copy_run(&(const struct copy){ .from_dir = images,
                                              .from = slot,
                                              .to_dir = in->slots[area],
                                              .to = slot,
                                              .links = in->links[area] },
                        error);
}

static int invert_rename(struct inversion *in, const struct redo_rename *done, struct error *error)
{
        static const enum redo_kind inverse[] = {
                [REDO_DETACH] = REDO_INSTALL,
                [REDO_INSTALL] = REDO_DETACH,
                [REDO_EXCHANGE] = REDO_EXCHANGE,
        };
        struct redo_rename rename = {
                .kind = inverse[done->kind], .area = done->area, .slot = done->slot, .ino = done->ino
        };
        char slot[SLOT_NAME_MAX];
        int r = 0;

        slot_name(done->slot, slot);
        if (done->image && in->kept->redo->areas[done->area].hold)
                r = hold_image(in, done->area, slot, error);
        if (r >= 0 && done->image)
                r = get_ino(in->slots[done->area], slot, &rename.ino);
        /* Another file than ours is there only where that was overridden; none is there where it was removed. */
        if (r >= 0 && rename.kind == REDO_DETACH) {
                r = get_ino_below(in->roots[done->area], done->path, &rename.ino);
                r = r == -ENOENT ? 0 : r;
        }
        if (r >= 0 && !(rename.path = strdup(done->path)))
                r = -ENOMEM;
        return r < 0 ? r : redo_add_rename(in->redo, &rename);
}

static int invert_renames(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->kept->redo;

        for (size_t i = redo->n_renames; i-- > 0;) {
                int r = invert_rename(in, &redo->renames[i], error);

                if (r < 0)
                        return error && error->code
                                       ? r
                                       : error_errnof(error, r, "can't put back %s", redo->renames[i].path);
        }
        return 0;
}

/* ---- Attributes ---- */

static int read_now(const struct inversion *in, const struct redo_meta *done, struct attributes *ret)
{
        _cleanup_close_ int fd = below_open(in->roots[done->area], done->path, O_PATH | O_NOFOLLOW, 0);

        return fd < 0 ? fd : attributes_read(fd, ret);
}

static void take_attributes(struct attributes *to, struct attributes *from)
{
        attributes_done(to);
        *to = *from;
        *from = (struct attributes){ 0 };
}

/*
 * Of a directory in which something was made or removed only the time is ours, and that only as long as nobody else has made or
 * removed something there.
 */
static int invert_directory(const struct inversion *in, const struct redo_meta *done, struct redo_meta *meta)
{
        struct attributes now = { 0 };
        struct timespec time = meta->after.st.st_mtim;
        int r;

        if (!attributes_equal(&done->before, &done->after))
                return 0;
        r = read_now(in, done, &now);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (now.st.st_mtim.tv_sec == done->after.st.st_mtim.tv_sec &&
            now.st.st_mtim.tv_nsec == done->after.st.st_mtim.tv_nsec)
                now.st.st_mtim = time;
        take_attributes(&meta->after, &now);
        return 0;
}

static int copy_attributes(const struct attributes *from, struct attributes *to)
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

static int invert_meta(struct inversion *in, const struct redo_meta *done)
{
        const char *from = done->from ? done->from : done->path;
        struct redo_meta meta = { .area = done->area, .path = strdup(from) };
        int r = 0;

        if (done->from)
                meta.from = strdup(done->path);
        if (!meta.path || (done->from && !meta.from))
                r = -ENOMEM;
        if (r >= 0)
                r = copy_attributes(&done->after, &meta.before);
        if (r >= 0)
                r = copy_attributes(&done->before, &meta.after);
        if (r >= 0)
                r = invert_directory(in, done, &meta);
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        return redo_add_meta(in->redo, &meta);
}

static int invert_metas(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->kept->redo;

        for (size_t i = 0; i < redo->n_metas; i++) {
                int r = invert_meta(in, &redo->metas[i]);

                if (r < 0)
                        return error_errnof(error, r, "can't put back the attributes of %s", redo->metas[i].path);
        }
        return 0;
}

/* ---- The log ---- */

static int sync_holds(const struct inversion *in, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < in->redo->n_areas; i++)
                if (in->redo->areas[i].hold)
                        r = below_sync(in->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't make durable what has to be put back") : 0;
}

static int write_log(const struct inversion *in, const char *name, struct error *error)
{
        int r = redo_write(in->redo, in->kept->dir, name);

        return r < 0 ? error_errnof(error, r, "can't write %s/%s", in->kept->path, name) : 0;
}

static int allocate(struct inversion *in)
{
        size_t n = in->kept->redo->n_areas + 1;

        in->redo = calloc(1, sizeof(*in->redo));
        in->slots = malloc(n * sizeof(int));
        in->links = calloc(n, sizeof(*in->links));
        if (!in->redo || !in->slots || !in->links)
                return -ENOMEM;
        in->roots = malloc(n * sizeof(int));
        for (size_t i = 0; in->roots && i < n; i++)
                in->roots[i] = in->slots[i] = -EBADF;
        return in->roots ? copy_header(in->redo, in->kept->redo) : -ENOMEM;
}

int undo_begin(const struct history *history, const struct kept *kept, struct error *error)
{
        _cleanup_(inversion_done) struct inversion in = { .kept = kept, .place = kept_place(kept, history) };
        int r;

        r = allocate(&in);
        if (r >= 0 && has_holds(in.redo))
                r = write_log(&in, HOLDS_FILE, error);
        if (r >= 0)
                r = open_places(&in, error);
        if (r >= 0)
                r = invert_renames(&in, error);
        if (r >= 0)
                r = invert_metas(&in, error);
        if (r >= 0)
                r = sync_holds(&in, error);
        return r < 0 ? r : write_log(&in, UNDO_FILE, error);
}
