/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The areas of a transaction, their slots and their holds. In: a redo log, and the transaction's directory. Out: directories, open; and
 * after commit_release() no hold.
 */

#include "commit/commit.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

const char *commit_slot_name(unsigned slot, char ret[static SLOT_NAME_MAX])
{
        snprintf(ret, SLOT_NAME_MAX, "%u", slot);
        return ret;
}

int commit_is_reachable(const struct commit_place *place, int root)
{
        const unsigned mask = STATX_MNT_ID | STATX_INO;
        struct statx from, to;

        assert(place && place->dir >= 0 && root >= 0);
        if (statx(place->dir, "", AT_EMPTY_PATH, mask, &from) < 0 || statx(root, "", AT_EMPTY_PATH, mask, &to) < 0)
                return -errno;
        return from.stx_mnt_id == to.stx_mnt_id && from.stx_dev_major == to.stx_dev_major &&
               from.stx_dev_minor == to.stx_dev_minor;
}

bool commit_is_in_memory(int root)
{
        struct statfs fs;

        assert(root >= 0);
        return fstatfs(root, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* An area that was removed is made again, so that the files that belong there aren't lost. */
int commit_open_area(const struct commit_place *place, const struct redo *redo, size_t area)
{
        int r;

        assert(place && redo && area < redo->n_areas);
        r = root_open_unlinked(place->root, redo->areas[area].path, O_RDONLY | O_DIRECTORY);
        return r == -ENOENT ? root_open_mkdirs_unlinked(place->root, redo->areas[area].path) : r;
}

/* Only we may enter it. The owner of @dir could replace it by a directory of his own: then -EPERM. */
static int hold_make_directory(int dir, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (mkdirat(dir, name, 0700) < 0)
                return -errno;
        fd = beneath_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        if (fchmod(fd, 0700) < 0 || fstat(fd, &st) < 0)
                return -errno;
        return st.st_uid == geteuid() ? TAKE_FD(fd) : -EPERM;
}

/* Making and removing a hold leaves the times of the area's root unchanged. */
static int hold_make(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF, hold = -EBADF;
        struct stat st;
        int r;

        root = commit_open_area(place, redo, area);
        if (root < 0)
                return root;
        if (fstat(root, &st) < 0)
                return -errno;
        r = beneath_remove(root, redo->areas[area].hold); /* left by a commit that was killed before it was prepared */
        if (r >= 0)
                r = hold = hold_make_directory(root, redo->areas[area].hold);
        if (r >= 0)
                r = attributes_set_times(root, &st);
        return r < 0 ? r : TAKE_FD(hold);
}

int commit_make_slots(const struct commit_place *place, struct redo *redo, size_t area)
{
        _cleanup_close_ int slots = -EBADF;
        struct stat st;

        assert(place && redo && area < redo->n_areas);
        slots = redo->areas[area].hold ? hold_make(place, redo, area) : beneath_make_directories(place->dir, SLOTS_DIR);
        if (slots < 0)
                return slots;
        if (fstat(slots, &st) < 0)
                return -errno;
        redo->areas[area].slots = st.st_ino;
        return TAKE_FD(slots);
}

/* A hold that is missing may be on a file system that isn't mounted now, so its renames must not count as done. */
int commit_open_slots(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF;

        assert(place && redo && area < redo->n_areas);
        if (!redo->areas[area].hold)
                return beneath_open(place->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        root = commit_open_area(place, redo, area);
        return root < 0 ? root : beneath_open(root, redo->areas[area].hold, O_RDONLY | O_DIRECTORY, 0);
}

static int hold_remove(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = root_open_unlinked(place->root, redo->areas[area].path, O_RDONLY | O_DIRECTORY);
        struct stat st;
        int r;

        if (root < 0)
                return root;
        if (fstat(root, &st) < 0)
                return -errno;
        if (faccessat(root, redo->areas[area].hold, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        r = beneath_remove(root, redo->areas[area].hold);
        if (r >= 0)
                r = attributes_set_times(root, &st);
        return r < 0 ? r : beneath_sync(root); /* the log that says where it is, is removed next */
}

int commit_release(const struct commit_place *place, const struct redo *redo, struct error *error)
{
        assert(place && redo);
        for (size_t i = 0; i < redo->n_areas; i++) {
                const struct redo_area *area = &redo->areas[i];
                int r = area->hold ? hold_remove(place, redo, i) : 0;

                if (r < 0 && r != -ENOENT)
                        return error_errnof(error, r, "can't remove %s%s/%s", place->root->path, area->path,
                                            area->hold);
        }
        return 0;
}
