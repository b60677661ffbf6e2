/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo-look.h"

#include "basic/io.h"
#include "basic/path-escape.h"
#include "basic/path.h"
#include "history/event.h"

#include <fcntl.h>

/* ---- Begin and end ---- */

static void checker_close_root(struct beneath_trail *root)
{
        beneath_trail_done(root);
        fd_closep(&root->dir);
}

void checker_done(struct checker *c)
{
        for (size_t i = 0; c->roots && i < c->archived->redo->n_areas; i++)
                checker_close_root(&c->roots[i]);
        free(c->roots);
        for (size_t i = 0; c->newer && i < c->n_newer; i++)
                undo_before_done(&c->newer[i]);
        free(c->newer);
}

static int checker_open_roots(struct checker *c)
{
        const struct redo *redo = c->archived->redo;
        const char *root = c->place.root->path;

        for (size_t i = 0; i < redo->n_areas; i++) {
                const char *path = redo->areas[i].path;
                int fd = root_open_unlinked(c->place.root, path, O_RDONLY | O_DIRECTORY);

                if (fd == -ENOENT)
                        return error_setf(c->error, -ESTALE,
                                          "%s%s was removed after %s was applied; use --force to make it again", root,
                                          path, redo->id);
                if (fd < 0)
                        return error_errnof(c->error, fd, "can't open %s%s", root, path);
                c->roots[i].dir = fd;
        }
        return 0;
}

int checker_init(struct checker *c, const struct archive *newer)
{
        size_t n = c->archived->redo->n_areas;
        int r = 0;

        c->roots = calloc(n + 1, sizeof(*c->roots));
        c->newer = calloc(newer->n + 1, sizeof(*c->newer));
        c->n_newer = newer->n;
        for (size_t i = 0; c->roots && i < n; i++)
                c->roots[i].dir = -EBADF;
        if (!c->roots || !c->newer)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < newer->n; i++)
                r = undo_before_init(&c->newer[i], &newer->items[i]);
        return r < 0 ? r : checker_open_roots(c);
}

/* ---- Finding files ---- */

void sighting_done(struct sighting *sighting)
{
        fd_closep(&sighting->fd);
}

/* Finds what the undo of the newer transactions will make of the file. Returns: as undo_before_look(). */
static int checker_look_before(const struct checker *c, char **path, struct stat *ret)
{
        int r = -EAGAIN;

        for (size_t i = c->n_newer; r == -EAGAIN && i-- > 0;)
                r = undo_before_look(&c->newer[i], path, ret);
        return r;
}

/* @whole: the absolute path to which the newer transactions have moved the file. Returns: an O_PATH descriptor, or a negative errno. */
static int checker_open(const struct checker *c, size_t area, const char *path, const char *whole)
{
        _cleanup_free_ char *unmoved = NULL;
        int r = redo_format_path(c->archived->redo, area, path, &unmoved);

        if (r < 0)
                return r;
        return streq(unmoved, whole) ? beneath_trail_open(&c->roots[area], path, O_PATH | O_NOFOLLOW)
                                     : root_open_unlinked(c->place.root, whole, O_PATH | O_NOFOLLOW);
}

int checker_try_look(const struct checker *c, size_t area, const char *path, struct sighting *ret)
{
        _cleanup_free_ char *whole = NULL;
        int r;

        ret->fd = -EBADF;
        r = redo_format_path(c->archived->redo, area, path, &whole);
        if (r >= 0)
                r = checker_look_before(c, &whole, &ret->st);
        if (r != -EAGAIN)
                return r;
        ret->fd = checker_open(c, area, path, whole);
        if (ret->fd < 0)
                return beneath_is_nowhere(ret->fd) ? 0 : ret->fd;
        return fstat(ret->fd, &ret->st) < 0 ? -errno : 1;
}

int checker_look(const struct checker *c, size_t area, const char *path, struct sighting *ret)
{
        _cleanup_free_ char *whole = NULL;
        int r = checker_try_look(c, area, path, ret);

        if (r >= 0)
                return r;
        if (redo_format_path(c->archived->redo, area, path, &whole) < 0)
                return -ENOMEM;
        if (r == -EXDEV)
                return error_setf(c->error, -ESTALE,
                                  "%s%s is on a file system that was mounted after %s was applied; unmount it",
                                  c->place.root->path, whole, c->archived->redo->id);
        return error_errnof(c->error, r, "can't look at %s%s", c->place.root->path, whole);
}

/* ---- Places that vanish ---- */

int undo_is_of_earlier_boot(const struct redo *redo)
{
        const char *boot;
        int r;

        assert(redo);
        r = boot_id_get(&boot);
        return r < 0 ? r : redo->boot && !streq(redo->boot, boot);
}

int undo_is_volatile(const struct redo *redo, size_t area, const char *path)
{
        static const char *const places[] = { "/run", "/tmp", "/dev/shm" };
        _cleanup_free_ char *whole = NULL;
        int r;

        assert(redo && area < redo->n_areas && path);
        if (redo->areas[area].memory)
                return 1;
        r = redo_format_path(redo, area, path, &whole);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(places); i++)
                if (path_is_within(whole, places[i]))
                        return 1;
        return r;
}

int undo_is_lost(const struct redo *redo, size_t area, const char *path)
{
        int r = undo_is_volatile(redo, area, path);

        return r <= 0 ? r : undo_is_of_earlier_boot(redo);
}

/* ---- What was changed since ---- */

static int checker_set_error(const struct checker *c, const char *path, enum fate fate, bool beside)
{
        static const char *const done[] = {
                [FATE_MADE] = "was made",
                [FATE_CHANGED] = "was changed",
                [FATE_REMOVED] = "was removed",
        };
        const char *id = c->archived->redo->id, *root = c->place.root->path;
        _cleanup_free_ char *text = NULL;
        int r = path_escape(path, &text);

        if (r < 0)
                return r;
        if (beside)
                (void)error_setf(
                        c->error, -ESTALE,
                        "%s%s %s after %s was applied, and belongs to the same data; use --force to mix it with what is put back",
                        root, text, done[fate], id);
        else
                (void)error_setf(c->error, -ESTALE, "%s%s %s after %s was applied; use --force to overwrite it", root,
                                 text, done[fate], id);
        return 0;
}

int checker_note(struct checker *c, const struct finding *finding)
{
        static const char *const kinds[] = {
                [FATE_MADE] = "create",
                [FATE_CHANGED] = "replace",
                [FATE_REMOVED] = "remove",
        };
        struct dmig_file file = { .before.size = -1, .after.size = -1 };
        int r;

        assert(c && finding);
        file.kind = kinds[finding->fate];
        r = redo_format_path(c->archived->redo, finding->area, finding->path, &file.path);
        if (r >= 0 && !c->found)
                r = checker_set_error(c, file.path, finding->fate, finding->beside);
        if (r < 0) {
                free(file.path);
                return r;
        }
        c->found = true;
        if (finding->now) {
                file.after.mode = finding->now->st_mode;
                file.after.uid = finding->now->st_uid;
                file.after.gid = finding->now->st_gid;
                file.after.size = S_ISREG(finding->now->st_mode) ? finding->now->st_size : -1;
        }
        return files_add(c->since, &file);
}
