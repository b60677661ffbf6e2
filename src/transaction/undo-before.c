/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo-before.h"

#include "basic/path.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>

int undo_before_format_path(const struct redo *redo, size_t area, const char *path, char **ret)
{
        const char *root = redo->areas[area].path;

        return asprintf(ret, "%s%s%s", *path && streq(root, "/") ? "" : root, *path ? "/" : "", path) < 0 ? -ENOMEM : 0;
}

static int compare_old(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->area != y->area ? (x->area < y->area ? -1 : 1) : path_compare(change_old_path(x), change_old_path(y));
}

int undo_before_init(struct undo_before *past, const struct archived *archived)
{
        const struct changes *changes = &archived->redo->changes;

        past->archived = archived;
        past->changes = calloc(changes->n + 1, sizeof(*past->changes));
        if (!past->changes)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (changes->changes[i].before.st_mode && changes->changes[i].kind != CHANGE_ENTRIES)
                        past->changes[past->n++] = &changes->changes[i];
        qsort(past->changes, past->n, sizeof(*past->changes), compare_old);
        return 0;
}

void undo_before_done(struct undo_before *past)
{
        free(past->changes);
}

static const struct change *find_old(const struct undo_before *past, size_t area, const char *path)
{
        const struct change change = { .area = area, .path = (char *)(uintptr_t)path }, *key = &change;
        const struct change **found = NULL;

        if (past->n > 0)
                found = bsearch(&key, past->changes, past->n, sizeof(*past->changes), compare_old);
        return found ? *found : NULL;
}

/* Makes of @path the directory that it is in. */
static void go_up(char *path)
{
        char *slash = strrchr(path, '/');

        *(slash ? slash : path) = '\0';
}

/* Returns: the innermost directory above @path that was removed or replaced as a whole, moved or altered, or NULL; @path is cut. */
static const struct change *find_above(const struct undo_before *past, size_t area, char *path)
{
        while (*path) {
                const struct change *change;

                go_up(path);
                change = find_old(past, area, path);
                if (change && !change->inner)
                        return change;
        }
        return NULL;
}

/* Whether what is at @path came there with it, alone or in a directory whose path is longer than @known; @path is cut. */
static bool was_made(const struct undo_before *past, size_t area, char *path, size_t known)
{
        const struct changes *changes = &past->archived->redo->changes;

        for (; strlen(path) > known; go_up(path)) {
                const struct change *change = changes_find(changes, area, path);

                for (; change && change < changes->changes + changes->n && change->area == area &&
                       streq(change->path, path);
                     change++)
                        if (change->kind == CHANGE_CREATE || change->kind == CHANGE_MOVE)
                                return true;
        }
        return false;
}

/* In what was removed or replaced, and lies in a slot now. */
static int look_into_image(const struct archived *archived, const struct change *outer, const char *path,
                           struct stat *ret)
{
        for (size_t i = 0; i < archived->redo->n_renames; i++) {
                const struct redo_rename *rename = &archived->redo->renames[i];
                _cleanup_free_ char *image = NULL;
                _cleanup_close_ int fd = -EBADF;

                if (!rename->image || rename->area != outer->area || !streq(rename->path, outer->path))
                        continue;
                if (asprintf(&image, SLOTS_DIR "/%u%s", rename->slot, path + strlen(change_old_path(outer))) < 0)
                        return -ENOMEM;
                fd = beneath_open(archived->dir, image, O_PATH | O_NOFOLLOW, 0);
                if (fd < 0)
                        return beneath_is_nowhere(fd) ? 0 : fd;
                return fstat(fd, ret) < 0 ? -errno : 1;
        }
        return 0;
}

/* Returns: the innermost area that the absolute @path lies in, with what is below its root in @ret; SIZE_MAX for none. */
static size_t find_area(const struct redo *redo, const char *path, const char **ret)
{
        size_t found = SIZE_MAX;

        for (size_t i = 0; i < redo->n_areas; i++) {
                const char *below = path_startswith(path, redo->areas[i].path);

                if (below && (found == SIZE_MAX || below > *ret)) {
                        *ret = below;
                        found = i;
                }
        }
        return found;
}

int undo_before_look(const struct undo_before *past, char **path, struct stat *ret)
{
        const struct redo *redo = past->archived->redo;
        _cleanup_free_ char *cut = NULL, *there = NULL;
        const struct change *change;
        const char *below = NULL;
        size_t area = find_area(redo, *path, &below);
        int r;

        if (area == SIZE_MAX)
                return -EAGAIN;
        change = find_old(past, area, below);
        if (change) {
                *ret = change->before;
                return 1;
        }
        cut = strdup(below);
        if (!cut)
                return -ENOMEM;
        change = find_above(past, area, cut);
        if (change && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE))
                return look_into_image(past->archived, change, below, ret);
        r = change && change->from ? asprintf(&there, "%s%s", change->path, below + strlen(change->from))
                                   : asprintf(&there, "%s", below);
        if (r < 0)
                return -ENOMEM;
        free(TAKE_PTR(*path));
        r = undo_before_format_path(redo, area, there, path);
        if (r < 0)
                return r;
        return was_made(past, area, there, change ? strlen(change->path) : 0) ? 0 : -EAGAIN;
}
