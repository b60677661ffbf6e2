/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/undo-before.h"

#include "basic/path.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>

static int change_compare_old_paths(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->area != y->area ? (x->area < y->area ? -1 : 1) : path_compare(change_old_path(x), change_old_path(y));
}

int undo_before_init(struct undo_before *before, const struct archived *archived)
{
        const struct changes *changes;

        assert(before && before->n == 0 && archived);
        changes = &archived->redo->changes;
        before->archived = archived;
        before->changes = calloc(changes->n + 1, sizeof(*before->changes));
        if (!before->changes)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (changes->changes[i].before.st_mode && changes->changes[i].kind != CHANGE_ENTRIES)
                        before->changes[before->n++] = &changes->changes[i];
        qsort(before->changes, before->n, sizeof(*before->changes), change_compare_old_paths);
        return 0;
}

void undo_before_done(struct undo_before *before)
{
        free(before->changes);
}

static const struct change *undo_before_find(const struct undo_before *before, size_t area, const char *path)
{
        const struct change change = { .area = area, .path = (char *)(uintptr_t)path }, *key = &change;
        const struct change **found = NULL;

        if (before->n > 0)
                found = bsearch(&key, before->changes, before->n, sizeof(*before->changes), change_compare_old_paths);
        return found ? *found : NULL;
}

/* Cuts the last part off @path. */
static void path_go_up(char *path)
{
        char *slash = strrchr(path, '/');

        *(slash ? slash : path) = '\0';
}

/*
 * Returns: the innermost directory above @path that was removed or replaced as a whole, moved or altered, with @path cut to its path; or
 * NULL.
 */
static const struct change *undo_before_find_above(const struct undo_before *before, size_t area, char *path)
{
        while (*path) {
                const struct change *change;

                path_go_up(path);
                change = undo_before_find(before, area, path);
                if (change && !change->inner)
                        return change;
        }
        return NULL;
}

/*
 * Whether the transaction brought the file to @path, alone or with a directory above it whose path is longer than @known. Cuts parts off
 * @path.
 */
static bool undo_before_was_made(const struct undo_before *before, size_t area, char *path, size_t known)
{
        const struct changes *changes = &before->archived->redo->changes;

        for (; strlen(path) > known; path_go_up(path)) {
                const struct change *change = changes_find(changes, area, path);

                for (; change && change < changes->changes + changes->n && change->area == area &&
                       streq(change->path, path);
                     change++)
                        if (change->kind == CHANGE_CREATE || change->kind == CHANGE_MOVE)
                                return true;
        }
        return false;
}

/* Finds @path, which was in the directory @outer, in the before-image of that one. Returns: 1, 0 if it isn't there, or a negative errno. */
static int archived_stat_image(const struct archived *archived, const struct change *outer, const char *path,
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

int undo_before_look(const struct undo_before *before, char **path, struct stat *ret)
{
        const struct redo *redo = before->archived->redo;
        _cleanup_free_ char *cut = NULL, *there = NULL;
        const struct change *change;
        const char *below = NULL;
        size_t area;
        int r;

        assert(path && *path && ret);
        area = redo_find_area(redo, *path, &below);
        if (area == SIZE_MAX)
                return -EAGAIN;
        change = undo_before_find(before, area, below);
        if (change) {
                *ret = change->before;
                return 1;
        }
        cut = strdup(below);
        if (!cut)
                return -ENOMEM;
        change = undo_before_find_above(before, area, cut);
        if (change && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE))
                return archived_stat_image(before->archived, change, below, ret);
        r = change && change->from ? asprintf(&there, "%s%s", change->path, below + strlen(change->from))
                                   : asprintf(&there, "%s", below);
        if (r < 0)
                return -ENOMEM;
        free(TAKE_PTR(*path));
        r = redo_format_path(redo, area, there, path);
        if (r < 0)
                return r;
        return undo_before_was_made(before, area, there, change ? strlen(change->path) : 0) ? 0 : -EAGAIN;
}
