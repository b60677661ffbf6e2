/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-plan.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "fs/beneath.h"

#include <fcntl.h>

/* ---- Attributes ---- */

/* Makes both trails begin in that area. */
static void preparation_enter_area(struct preparation *p, size_t area)
{
        beneath_trail_enter(&p->lower, p->stage->areas->areas[area].fd);
        beneath_trail_enter(&p->upper, p->stage->uppers[area]);
}

/* @ret_born: may be NULL. */
static int attributes_read_beneath(struct beneath_trail *trail, const char *path, struct attributes *ret,
                                   int64_t *ret_born)
{
        _cleanup_close_ int fd = beneath_trail_open(trail, path, O_PATH | O_NOFOLLOW);
        int r = fd < 0 || !ret_born ? fd : attributes_read_birth(fd, ret_born);

        return r < 0 ? r : attributes_read(fd, ret);
}

/* Takes ownership of @meta, and drops it if the last one is of the same file. */
static int preparation_put_meta(struct preparation *p, struct redo_meta *meta)
{
        const struct redo *redo = p->redo;
        const struct redo_meta *last = redo->n_metas > 0 ? &redo->metas[redo->n_metas - 1] : NULL;

        if (!last || last->area != meta->area || !streq(last->path, meta->path))
                return redo_add_meta(p->redo, meta);
        redo_meta_done(meta);
        return 0;
}

static int preparation_read_meta(struct preparation *p, const struct change *change, struct redo_meta *meta)
{
        int r;

        preparation_enter_area(p, change->area);
        r = attributes_read_beneath(&p->lower, change_old_path(change), &meta->before, &meta->born);
        return r < 0 ? r : attributes_read_beneath(&p->upper, change->path, &meta->after, NULL);
}

/* From what the comparison has read. */
static int redo_meta_take_known(struct redo_meta *meta, const struct change *change)
{
        const struct attributes before = change_get_attributes(&change->before, &change->details_before),
                                after = change_get_attributes(&change->after, &change->details_after);
        int r;

        meta->born = change->original.born;
        r = attributes_copy(&before, &meta->before);
        return r < 0 ? r : attributes_copy(&after, &meta->after);
}

static int preparation_add_meta(struct preparation *p, const struct change *change)
{
        struct redo_meta meta = { .area = change->area, .path = strdup(change->path) };
        int r;

        if (change->from)
                meta.from = strdup(change->from);
        r = meta.path && (!change->from || meta.from) ? 0 : -ENOMEM;
        if (r >= 0)
                r = change->original.known ? redo_meta_take_known(&meta, change)
                                           : preparation_read_meta(p, change, &meta);
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        meta.after.st.st_ino = meta.before.st.st_ino; /* it stays the same file; the one in the layer is a copy */
        return preparation_put_meta(p, &meta);
}

/* Returns: 1, 0 if @path isn't a directory, or a negative errno. */
static int attributes_read_directory(struct beneath_trail *trail, const char *path, struct attributes *ret)
{
        int r = attributes_read_beneath(trail, path, ret, NULL);

        if (r >= 0 && S_ISDIR(ret->st.st_mode))
                return 1;
        if (r < 0 && !beneath_is_nowhere(r))
                return r;
        attributes_done(ret);
        return 0;
}

/*
 * Renames out of a directory and into it change its times. For a directory that exists only before the transaction, or only after it,
 * there is no change of its own that would set them.
 */
static int preparation_add_parent(struct preparation *p, size_t area, const char *path)
{
        struct redo_meta meta = { .area = area, .path = path_parent(path) };
        int old, new;

        preparation_enter_area(p, area);
        old = meta.path ? attributes_read_directory(&p->lower, meta.path, &meta.before) : -ENOMEM;
        new = old < 0 ? old : attributes_read_directory(&p->upper, meta.path, &meta.after);
        if (new >= 0 && (old > 0 || new > 0))
                return preparation_put_meta(p, &meta);
        redo_meta_done(&meta);
        return new < 0 ? new : 0;
}

/* A file that is installed as a whole already has its attributes. */
static bool change_needs_meta(const struct change *change)
{
        /* If another process has made something there meanwhile, its time stays. */
        if (change->kind == CHANGE_ENTRIES && !change->inner)
                return !time_is_later(change->before.st_mtim, change->after.st_mtim);
        return change->kind == CHANGE_METADATA || change->kind == CHANGE_MOVE;
}

static int preparation_add_metas(struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                if (change_needs_meta(&changes->changes[i]))
                        r = preparation_add_meta(p, &changes->changes[i]);
        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                if (changes->changes[i].kind == CHANGE_MOVE)
                        r = preparation_add_parent(p, changes->changes[i].area, changes->changes[i].path);
        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                if (change_is_detached(&changes->changes[i]))
                        r = preparation_add_parent(p, changes->changes[i].area, change_old_path(&changes->changes[i]));
        return r < 0 ? error_errnof(error, r, "can't stage attributes") : 0;
}

/* ---- Renames ---- */

static int preparation_add_rename(struct preparation *p, enum redo_kind kind, const struct change *change,
                                  unsigned slot)
{
        struct redo_rename rename = {
                .kind = kind,
                .area = change->area,
                .path = strdup(kind == REDO_DETACH ? change_old_path(change) : change->path),
                .slot = slot,
                .ino = kind == REDO_DETACH ? change->before.st_ino : 0,
                .replaced = kind == REDO_EXCHANGE ? change->before.st_ino : 0,
                .image = kind == REDO_EXCHANGE || change->kind == CHANGE_REMOVE,
        };

        return rename.path ? redo_add_rename(p->redo, &rename) : -ENOMEM;
}

static int change_compare_detached(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->area != y->area ? (x->area < y->area ? 1 : -1)
                                  : -path_compare(change_old_path(x), change_old_path(y));
}

/* By old path, the innermost first. */
static int preparation_add_detached(struct preparation *p)
{
        struct changes *changes = &p->redo->changes;
        _cleanup_free_ const struct change **detached = calloc(changes->n + 1, sizeof(*detached));
        size_t n = 0;
        int r = 0;

        if (!detached)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (change_is_detached(&changes->changes[i]))
                        detached[n++] = &changes->changes[i];
        qsort(detached, n, sizeof(*detached), change_compare_detached);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = preparation_add_rename(p, REDO_DETACH, detached[i], p->numbers[detached[i] - changes->changes]);
        return r;
}

/* By new path, the outermost first. */
static int preparation_add_installed(struct preparation *p)
{
        const struct changes *changes = &p->redo->changes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (change->kind == CHANGE_MOVE || change_is_made(change))
                        r = preparation_add_rename(p, change->kind == CHANGE_REPLACE ? REDO_EXCHANGE : REDO_INSTALL,
                                                   change, p->numbers[i]);
                if (r >= 0 && change->kind == CHANGE_MOVE)
                        p->redo->renames[p->redo->n_renames - 1].ino = change->before.st_ino;
        }
        return r;
}

static int preparation_add_renames(struct preparation *p)
{
        const struct changes *changes = &p->redo->changes;
        unsigned n = 0;
        int r;

        p->numbers = calloc(changes->n + 1, sizeof(*p->numbers));
        if (!p->numbers)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (change_is_detached(&changes->changes[i]) || change_is_made(&changes->changes[i]))
                        p->numbers[i] = n++;
        r = preparation_add_detached(p);
        return r < 0 ? r : preparation_add_installed(p);
}

int commit_plan(struct preparation *p, struct error *error)
{
        int r;

        assert(p && !p->numbers);
        r = preparation_add_metas(p, error);
        return r < 0 ? r : preparation_add_renames(p);
}
