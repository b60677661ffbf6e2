/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The areas of a transaction, their slots and their holds. In: a redo log, and the transaction's directory. Out: directories, open; and
 * after commit_release() no hold.
 */

#include "basic/io.h"
#include "commit/commit.h"
#include "commit/preparation.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define HOLD_SLOTS "deploy-migrate.slots" /* in a hold; no other directory has it */

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

int commit_is_in_memory(int root)
{
        struct statfs fs;

        assert(root >= 0);
        if (fstatfs(root, &fs) < 0)
                return -errno;
        return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}

/* An area that was removed is made again, so that the files that belong there aren't lost. */
int commit_open_area(const struct commit_place *place, const struct redo *redo, size_t area)
{
        int r;

        assert(place && redo && area < redo->n_areas);
        r = root_open_unlinked(place->root, redo->areas[area].path, O_RDONLY | O_DIRECTORY);
        return r == -ENOENT ? root_open_mkdirs_unlinked(place->root, redo->areas[area].path) : r;
}

int commit_name_hold(const char *package, char **ret)
{
        uint64_t number;
        char *name;

        assert(package && ret);
        if (getrandom(&number, sizeof(number), 0) < 0)
                return -errno;
        if (asprintf(&name, HOLD_PREFIX "%s.%016" PRIx64, package, number) < 0)
                return -ENOMEM;
        *ret = name;
        return 0;
}

/*
 * The owner of @dir can rename a hold, and give its name to another directory; but what is in a directory that only we may enter was made
 * by us. So the slots are in a directory in the hold, and nothing else in it is ever touched.
 */
static int hold_make_directory(int dir, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (mkdirat(dir, name, 0700) < 0)
                return -errno;
        fd = beneath_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)
                return -EPERM;
        if (mkdirat(fd, HOLD_SLOTS, 0700) < 0)
                return -errno;
        return beneath_open(fd, HOLD_SLOTS, O_RDONLY | O_DIRECTORY, 0);
}

/* Making and removing a hold leaves the times of the area's root unchanged. */
static int hold_make(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF, slots = -EBADF;
        struct stat st;
        int r;

        root = commit_open_area(place, redo, area);
        if (root < 0)
                return root;
        if (fstat(root, &st) < 0)
                return -errno;
        r = slots = hold_make_directory(root, redo->areas[area].hold);
        if (r >= 0)
                r = attributes_set_times(root, &st);
        return r < 0 ? r : TAKE_FD(slots);
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

/* Opens the slots in the hold @name. Returns: a file descriptor, -ENOENT also if they are others than those in the log, or a negative errno. */
static int hold_open(int root, const char *name, const struct redo_area *area)
{
        _cleanup_close_ int hold = beneath_open(root, name, O_PATH | O_DIRECTORY, 0), slots = -EBADF;
        struct stat st;

        if (hold < 0)
                return beneath_is_nowhere(hold) || hold == -EXDEV ? -ENOENT : hold;
        slots = beneath_open(hold, HOLD_SLOTS, O_RDONLY | O_DIRECTORY, 0);
        if (slots < 0)
                return beneath_is_nowhere(slots) || slots == -EXDEV ? -ENOENT : slots;
        if (fstat(slots, &st) < 0)
                return -errno;
        return st.st_ino == area->slots ? TAKE_FD(slots) : -ENOENT;
}

/*
 * The owner of the area's root may have renamed a hold, which must not keep a commit from being finished. What has the name of a hold is
 * another transaction's: the inode number can be that of this one, if this one is removed and its log is back after a power cut.
 * Returns: as hold_open(), with the name that it has now in @ret.
 */
static int hold_find(int root, const struct redo_area *area, char **ret)
{
        _cleanup_close_ int slots = hold_open(root, area->hold, area);
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_free_ char *name = strdup(area->hold);
        const struct dirent *entry;
        int r = slots == -ENOENT ? beneath_open_entries(root, "", &dir) : slots;

        while (slots == -ENOENT && r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                r = beneath_type(dir, entry);
                if (r != DT_DIR || str_startswith(entry->d_name, HOLD_PREFIX))
                        continue;
                free(name);
                name = strdup(entry->d_name);
                slots = hold_open(root, entry->d_name, area);
        }
        if (r < 0 || slots < 0)
                return r < 0 ? r : slots;
        if (!name)
                return -ENOMEM;
        *ret = TAKE_PTR(name);
        return TAKE_FD(slots);
}

/*
 * A hold that is missing may be on a file system that isn't mounted now, so its renames must not count as done. In a copy of the system its
 * slots have another inode number, which is for the caller to see.
 */
int commit_open_slots(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = -EBADF, hold = -EBADF;
        _cleanup_free_ char *name = NULL;
        int r;

        assert(place && redo && area < redo->n_areas);
        if (!redo->areas[area].hold)
                return beneath_open(place->dir, SLOTS_DIR, O_RDONLY | O_DIRECTORY, 0);
        root = commit_open_area(place, redo, area);
        if (root < 0)
                return root;
        r = hold_find(root, &redo->areas[area], &name);
        if (r != -ENOENT)
                return r;
        hold = beneath_open(root, redo->areas[area].hold, O_PATH | O_DIRECTORY, 0);
        return hold < 0 ? hold : beneath_open(hold, HOLD_SLOTS, O_RDONLY | O_DIRECTORY, 0);
}

/* Empties what is really a hold. Returns: 0, also if it is something else, or a negative errno. */
static int hold_empty(int root, const char *name)
{
        _cleanup_close_ int hold = beneath_open(root, name, O_PATH | O_DIRECTORY, 0);
        struct stat st;

        if (hold < 0)
                return beneath_is_nowhere(hold) || hold == -EXDEV ? 0 : hold;
        if (fstat(hold, &st) < 0)
                return -errno;
        return st.st_uid == geteuid() && (st.st_mode & 0777) == 0700 ? beneath_remove(hold, HOLD_SLOTS) : 0;
}

static int hold_remove(const struct commit_place *place, const struct redo *redo, size_t area)
{
        _cleanup_close_ int root = root_open_unlinked(place->root, redo->areas[area].path, O_RDONLY | O_DIRECTORY);
        const char *name = redo->areas[area].hold;
        _cleanup_close_ int slots = -EBADF;
        _cleanup_free_ char *found = NULL;
        struct stat st;
        int r;

        if (root < 0)
                return root;
        if (fstat(root, &st) < 0)
                return -errno;
        slots = hold_find(root, &redo->areas[area], &found);
        if (slots < 0 && slots != -ENOENT)
                return slots;
        if (found)
                name = found;
        r = hold_empty(root, name);
        if (r < 0)
                return r;
        /* If another user has put something there, it isn't ours to remove. */
        if (unlinkat(root, name, AT_REMOVEDIR) < 0)
                return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR || errno == EBUSY ? 0 : -errno;
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
