/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/displaced.h"

#include "basic/path.h"
#include "commit/commit.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define NUMBERS_MAX 1000

/* Whether a later rename takes the file out of its slot again. */
static bool rename_is_followed(const struct redo *redo, const struct redo_rename *rename)
{
        for (size_t i = (size_t)(rename - redo->renames) + 1; i < redo->n_renames; i++)
                if (redo->renames[i].area == rename->area && redo->renames[i].slot == rename->slot)
                        return true;
        return false;
}

/* Returns: 1 if the slot has a file that doesn't belong there once @rename was done, 0 if not, or a negative errno. */
static int rename_has_displaced(const struct displaced_search *search, const struct redo_rename *rename)
{
        char slot[SLOT_NAME_MAX];
        struct stat st;

        if (fstatat(search->slots, commit_slot_name(rename->slot, slot), &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        switch (rename->kind) {
        case REDO_INSTALL:
                return 1;
        case REDO_EXCHANGE:
                return rename->replaced && st.st_ino != rename->replaced;
        default:
                return st.st_ino != rename->ino && !rename_is_followed(search->redo, rename);
        }
}

/* Where a file is put. */
struct displaced_place {
        int dir;
        const char *directory; /* below the area's root */
        const char *name;
};

/* Returns: 0 with the new path below our root in @ret, -EEXIST, or another negative errno. */
static int displaced_move(const struct displaced_search *search, const char *slot, const struct displaced_place *to,
                          char **ret)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = path_join(to->directory, to->name, &path);
        if (r < 0)
                return r;
        if (renameat2(search->slots, slot, to->dir, to->name, RENAME_NOREPLACE) < 0)
                return -errno;
        return redo_format_path(search->redo, search->area, path, ret);
}

/* Beside the path; if the directory isn't there any more, in the area's root. */
static int displaced_put_beside(const struct displaced_search *search, const struct redo_rename *rename, char **ret)
{
        _cleanup_free_ char *directory = path_parent(rename->path);
        _cleanup_close_ int dir = -EBADF;
        char slot[SLOT_NAME_MAX];
        int r = -EEXIST;

        if (!directory)
                return -ENOMEM;
        dir = beneath_open(search->root, directory, O_PATH | O_DIRECTORY, 0);
        if (beneath_is_nowhere(dir)) {
                directory[0] = '\0';
                dir = beneath_open(search->root, "", O_PATH | O_DIRECTORY, 0);
        }
        if (dir < 0)
                return dir;
        commit_slot_name(rename->slot, slot);
        for (unsigned i = 1; r == -EEXIST && i < NUMBERS_MAX; i++) {
                char name[NAME_MAX + 1];

                snprintf(name, sizeof(name), "%.*s.~%u~", (int)(NAME_MAX - sizeof(".~999~")), path_name(rename->path),
                         i);
                r = displaced_move(search, slot, &(const struct displaced_place){ dir, directory, name }, ret);
        }
        return r;
}

/* An overlayfs (of a container) may give a file a new inode number when it is renamed. */
static int displaced_is_knowable(const struct displaced_search *search)
{
        struct statfs fs;

        return fstatfs(search->root, &fs) < 0 ? -errno : fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

int displaced_put_aside(const struct displaced_search *search, struct strv *paths)
{
        int r;

        assert(search && search->redo && search->root >= 0 && search->slots >= 0 && paths);
        r = displaced_is_knowable(search);
        if (r <= 0)
                return r;
        for (size_t i = 0; r >= 0 && i < search->redo->n_renames; i++) {
                const struct redo_rename *rename = &search->redo->renames[i];
                _cleanup_free_ char *path = NULL;

                r = rename->area == search->area ? rename_has_displaced(search, rename) : 0;
                if (r > 0)
                        r = displaced_put_beside(search, rename, &path);
                if (r >= 0 && path)
                        r = strv_add(paths, path);
        }
        return r < 0 ? r : 0;
}
