/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo-inversion.h"

#include "basic/path.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>

/* A hold gets a new name, since users have seen the old one. */
static int redo_copy_areas(struct redo *to, const struct redo *from, const char *package)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < from->n_areas; i++) {
                const struct redo_area *area = &from->areas[i];
                struct redo_area copy = { .path = strdup(area->path) };

                r = copy.path ? 0 : -ENOMEM;
                if (r >= 0 && area->hold)
                        r = commit_name_hold(package, &copy.hold);
                if (r >= 0)
                        r = redo_add_area(to, &copy);
                else
                        redo_area_done(&copy);
        }
        return r;
}

static int redo_copy_header(struct redo *to, const struct redo *from, const char *package)
{
        to->id = strdup(from->id);
        to->sha256 = strdup(from->sha256);
        to->run = strdup(from->run);
        to->from = strdup(from->from);
        to->upgrade = from->upgrade;
        to->position = from->position;
        return to->id && to->sha256 && to->run && to->from ? redo_copy_areas(to, from, package) : -ENOMEM;
}

int inversion_init(struct inversion *in, const struct history *history, const struct archived *archived)
{
        const struct redo *done = archived->redo;
        size_t n = done->n_areas + 1;

        *in = (struct inversion){
                .archived = archived,
                .place = archived_place(archived, history),
                .redo = calloc(1, sizeof(*in->redo)),
                .roots = malloc(n * sizeof(*in->roots)),
                .slots = malloc(n * sizeof(*in->slots)),
                .links = calloc(n, sizeof(*in->links)),
                .moved = calloc(done->n_renames + 1, sizeof(*in->moved)),
        };
        for (size_t i = 0; in->roots && i < n; i++)
                in->roots[i] = -EBADF;
        for (size_t i = 0; in->slots && i < n; i++)
                in->slots[i] = -EBADF;
        if (!in->redo || !in->roots || !in->slots || !in->links || !in->moved)
                return -ENOMEM;
        return redo_copy_header(in->redo, done, history->package);
}

void inversion_done(struct inversion *in)
{
        size_t n = in->archived->redo->n_areas;

        for (size_t i = 0; in->roots && i < n; i++)
                fd_closep(&in->roots[i]);
        for (size_t i = 0; in->slots && i < n; i++)
                fd_closep(&in->slots[i]);
        for (size_t i = 0; in->links && i < n; i++)
                links_free(in->links[i]);
        free(in->roots);
        free(in->slots);
        free(in->links);
        free(in->moved);
        redo_trace_free(in->trace);
        redo_free(in->redo);
}

bool inversion_puts_back(const struct inversion *in, size_t area, const char *path)
{
        assert(in && path);
        for (size_t i = 0; i < in->redo->n_renames; i++) {
                const struct redo_rename *rename = &in->redo->renames[i];

                if (rename->kind != REDO_DETACH && rename->area == area && path_is_within(path, rename->path))
                        return true;
        }
        return false;
}

int inversion_format_path(const struct inversion *in, size_t area, const char *path, char **ret)
{
        _cleanup_free_ char *below = NULL;
        char *made;
        int r;

        assert(in && path && ret);
        r = redo_format_path(in->archived->redo, area, path, &below);
        if (r < 0)
                return r;
        if (asprintf(&made, "%s%s", in->place.root->path, below) < 0)
                return -ENOMEM;
        *ret = made;
        return 0;
}

int inversion_read_stat(int dir, const char *path, struct stat *ret)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        assert(dir >= 0 && path && ret);
        parent = beneath_open_parent(dir, path, &name);
        if (parent < 0)
                return parent;
        return fstatat(parent, name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int inversion_read_ino(int dir, const char *path, uint64_t *ret)
{
        struct stat st;
        int r = inversion_read_stat(dir, path, &st);

        if (r < 0)
                return r;
        *ret = st.st_ino;
        return 0;
}
