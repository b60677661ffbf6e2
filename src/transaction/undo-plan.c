/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "commit/redo-file.h"
#include "fs/beneath.h"
#include "fs/content.h"

#include <fcntl.h>
#include <stdio.h>

struct inversion {
        const struct archived *archived;
        struct commit_place place;
        struct redo *redo; /* the inverse, under construction */
        int *roots;        /* one an area */
        int *slots;
        struct links **links;
        uint64_t *moved; /* for each slot the file that goes into it and comes out again */
};

static void inversion_done(struct inversion *in)
{
        for (size_t i = 0; in->roots && i < in->archived->redo->n_areas; i++) {
                fd_closep(&in->roots[i]);
                fd_closep(&in->slots[i]);
                links_free(in->links[i]);
        }
        free(in->roots);
        free(in->slots);
        free(in->links);
        free(in->moved);
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
        to->from = strdup(from->from);
        to->upgrade = from->upgrade;
        to->position = from->position;
        if (!to->id || !to->sha256 || !to->run || !to->from)
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

        parent = beneath_open_parent(dir, path, &name);
        return parent < 0 ? parent : get_ino(parent, name, ret);
}

/* What was replaced or removed on another file system lies in our own slots, and goes into the hold. */
static int hold_image(struct inversion *in, int images, const struct redo_rename *done, struct error *error)
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

/* What is in the slot comes back. Where nothing is in it, there was nothing when it was committed, as somebody had removed it before. */
static int find_image(struct inversion *in, const struct redo_rename *done, struct redo_rename *rename,
                      struct error *error)
{
        _cleanup_close_ int images = beneath_open(in->archived->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        char slot[SLOT_NAME_MAX];
        int r;

        commit_slot_name(done->slot, slot);
        r = images < 0 ? images : get_ino(images, slot, &rename->ino);
        if (r == -ENOENT)
                return 0;
        if (r >= 0 && in->archived->redo->areas[done->area].hold) {
                r = hold_image(in, images, done, error);
                if (r >= 0)
                        r = get_ino(in->slots[done->area], slot, &rename->ino);
        }
        return r < 0 ? r : 1;
}

/* Returns: 1 with @rename filled in, 0 where nothing has to be done, or a negative errno. */
static int invert(struct inversion *in, const struct redo_rename *done, struct redo_rename *rename, struct error *error)
{
        int r = 0;

        if (done->image) {
                r = find_image(in, done, rename, error);
                if (r < 0 || (r == 0 && done->kind == REDO_DETACH))
                        return r;
        } else if (done->kind == REDO_DETACH) {
                rename->ino = in->moved[done->slot];
                rename->kind = REDO_INSTALL;
                return rename->ino ? 1 : 0;
        }
        if (r > 0) {
                rename->kind = done->kind == REDO_DETACH ? REDO_INSTALL : REDO_EXCHANGE;
                return 1;
        }
        rename->kind = REDO_DETACH;
        r = get_ino_below(in->roots[done->area], done->path, &rename->ino);
        if (r < 0)
                return beneath_is_nowhere(r) ? 0 : r; /* removed since, which was overridden */
        in->moved[done->slot] = rename->ino;
        return 1;
}

/* rename(2) would refuse it when it is too late. */
static int check_fixed(const struct inversion *in, const struct redo_rename *done, struct error *error)
{
        _cleanup_free_ char *parent = path_parent(done->path);
        int root = in->roots[done->area];

        if (!parent)
                return -ENOMEM;
        if (!beneath_is_fixed(root, done->path) && !beneath_is_fixed(root, parent))
                return 0;
        return error_setf(error, -EPERM, "%s%s/%s or its directory is immutable or append-only: chattr -ia first",
                          in->place.root->path, in->archived->redo->areas[done->area].path, done->path);
}

/* Whether the file at @path, or a directory above it, is put back. */
static bool comes_back(const struct inversion *in, size_t area, const char *path)
{
        for (size_t i = 0; i < in->redo->n_renames; i++) {
                const struct redo_rename *rename = &in->redo->renames[i];

                if (rename->kind != REDO_DETACH && rename->area == area && path_is_within(path, rename->path))
                        return true;
        }
        return false;
}

/* What somebody has put where the directory was isn't ours, and we couldn't go round it. A directory that is missing is made again. */
static int check_place(const struct inversion *in, const struct redo_rename *rename, struct error *error)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        if (rename->kind == REDO_DETACH)
                return 0;
        parent = beneath_open_parent(in->roots[rename->area], rename->path, &name);
        if (parent >= 0 || parent == -ENOENT ||
            (beneath_is_nowhere(parent) && comes_back(in, rename->area, rename->path)))
                return 0;
        return error_errnof(error, parent, "can't put back %s%s/%s: move away what is now where its directory was",
                            in->place.root->path, in->redo->areas[rename->area].path, rename->path);
}

static int invert_rename(struct inversion *in, const struct redo_rename *done, struct error *error)
{
        struct redo_rename rename = { .area = done->area, .slot = done->slot };
        int r;

        r = check_fixed(in, done, error);
        if (r < 0)
                return r;

        r = invert(in, done, &rename, error);
        if (r <= 0)
                return r;
        rename.path = strdup(done->path);
        r = rename.path ? check_place(in, &rename, error) : -ENOMEM;
        if (r < 0) {
                redo_rename_done(&rename);
                return r;
        }
        return redo_add_rename(in->redo, &rename);
}

static int invert_renames(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;

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

/*
 * Of a directory in which something was made or removed only the time is ours, and that only as long as nobody else has made or
 * removed something there. Returns: 1, 0 where it isn't, or a negative errno.
 */
static int is_ours(const struct inversion *in, const struct redo_meta *done)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat now;

        fd = beneath_open(in->roots[done->area], done->path, O_PATH | O_NOFOLLOW, 0);
        if (fd == -ENOENT)
                return 1; /* it comes back */
        if (beneath_is_nowhere(fd))
                return !done->from && comes_back(in, done->area, done->path);
        if (!attributes_equal(&done->before, &done->after))
                return 1;
        if (fd < 0)
                return fd;
        if (fstat(fd, &now) < 0)
                return -errno;
        return time_is_same(now.st_mtim, done->after.st.st_mtim);
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

static int invert_meta(struct inversion *in, const struct redo_meta *done, struct error *error)
{
        struct redo_meta meta = { .area = done->area };
        uint64_t ino = done->before.st.st_ino;
        int r;

        r = is_ours(in, done);
        if (r > 0 && done->before.st.st_mode && beneath_is_fixed(in->roots[done->area], done->path))
                return error_setf(error, -EPERM, "%s%s/%s is immutable or append-only: chattr -ia first",
                                  in->place.root->path, in->archived->redo->areas[done->area].path, done->path);
        if (r <= 0)
                return r;
        meta.path = strdup(done->from ? done->from : done->path);
        if (done->from)
                meta.from = strdup(done->path);
        r = meta.path && (!done->from || meta.from) ? copy_attributes(&done->after, &meta.before) : -ENOMEM;
        if (r >= 0)
                r = copy_attributes(&done->before, &meta.after);
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        /* Another one than when it was done, where it was copied to another file system and back meanwhile. */
        (void)get_ino_below(in->roots[done->area], done->path, &ino);
        meta.after.st.st_ino = ino;
        return redo_add_meta(in->redo, &meta);
}

static int invert_metas(struct inversion *in, struct error *error)
{
        const struct redo *redo = in->archived->redo;

        for (size_t i = 0; i < redo->n_metas; i++) {
                int r = invert_meta(in, &redo->metas[i], error);

                if (r < 0)
                        return error && error->code ? r
                                                    : error_errnof(error, r, "can't put back the attributes of %s",
                                                                   redo->metas[i].path);
        }
        return 0;
}

/* ---- The log ---- */

static int sync_holds(const struct inversion *in, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < in->redo->n_areas; i++)
                if (in->redo->areas[i].hold)
                        r = beneath_sync(in->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't make durable what has to be put back") : 0;
}

static int write_log(const struct inversion *in, const char *name, struct error *error)
{
        int r = redo_write(in->redo, in->archived->dir, name);

        return r < 0 ? error_errnof(error, r, "can't write %s/%s", in->archived->path, name) : 0;
}

static int allocate(struct inversion *in)
{
        size_t n = in->archived->redo->n_areas + 1;

        in->redo = calloc(1, sizeof(*in->redo));
        in->slots = malloc(n * sizeof(int));
        in->links = calloc(n, sizeof(*in->links));
        in->moved = calloc(in->archived->redo->n_renames + 1, sizeof(*in->moved));
        if (!in->redo || !in->slots || !in->links || !in->moved)
                return -ENOMEM;
        in->roots = malloc(n * sizeof(int));
        for (size_t i = 0; in->roots && i < n; i++)
                in->roots[i] = in->slots[i] = -EBADF;
        return in->roots ? copy_header(in->redo, in->archived->redo) : -ENOMEM;
}

int undo_begin(const struct history *history, const struct archived *archived, struct error *error)
{
        _cleanup_(inversion_done) struct inversion in = { .archived = archived,
                                                          .place = archived_place(archived, history) };
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
