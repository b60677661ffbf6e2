/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a transaction finds its areas, and the slots in which files wait for their places. */

#include "commit/commit.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>

const char *commit_slot_name(unsigned slot, char ret[static SLOT_NAME_MAX])
{
        snprintf(ret, SLOT_NAME_MAX, "%u", slot);
        return ret;
}

/* One that somebody has removed is made again: what belongs there must not be lost for that. */
int commit_open_area(const struct commit_place *place, const struct redo *redo, size_t area)
{
        int r = root_open_unlinked(place->root, redo->areas[area].path, O_RDONLY | O_DIRECTORY);

        return r == -ENOENT ? root_open_mkdirs_unlinked(place->root, redo->areas[area].path) : r;
}

/* Nobody else must get at what is in it, not even the owner of @dir, who may put a directory of his own in its place. */
static int make_own_directory(int dir, const char *name)
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

/* A hold comes and goes without leaving a trace. */
static int make_hold(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF, hold = -EBADF;
        struct stat st;
        int r;

        root = commit_open_area(place, redo, area);
        if (root < 0)
                return root;
        if (fstat(root, &st) < 0)
                return -errno;
        r = beneath_remove(root, redo->areas[area].hold); /* of one that was killed before it was of any use */
        if (r >= 0)
                r = hold = make_own_directory(root, redo->areas[area].hold);
        if (r >= 0)
                r = attributes_set_times(root, &st);
        return r < 0 ? r : TAKE_FD(hold);
}

int commit_make_slots(const struct commit_place *place, struct redo *redo, size_t area)
{
        _cleanup_close_ int slots =
                redo->areas[area].hold ? make_hold(place, redo, area) : beneath_make_directories(place->dir, SLOTS_DIR);
        struct stat st;

        if (slots < 0)
                return slots;
        if (fstat(slots, &st) < 0)
                return -errno;
        redo->areas[area].slots = st.st_ino;
        return TAKE_FD(slots);
}

/* One that is missing may be on a file system that isn't mounted now: nothing must be taken to be done there. */
int commit_open_slots(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF;

        if (!redo->areas[area].hold)
                return beneath_open(place->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        root = commit_open_area(place, redo, area);
        return root < 0 ? root : beneath_open(root, redo->areas[area].hold, O_RDONLY | O_DIRECTORY, 0);
}

static int remove_hold(const struct commit_place *place, const struct redo *redo, size_t area)
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
        return r < 0 ? r : beneath_sync(root); /* for the log, which says where it is, goes next */
}

int commit_release(const struct commit_place *place, const struct redo *redo, struct error *error)
{
        for (size_t i = 0; i < redo->n_areas; i++) {
                const struct redo_area *area = &redo->areas[i];
                int r = area->hold ? remove_hold(place, redo, i) : 0;

                if (r < 0 && r != -ENOENT)
                        return error_errnof(error, r, "can't remove %s%s/%s", place->root->path, area->path,
                                            area->hold);
        }
        return 0;
}
