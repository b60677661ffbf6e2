/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-check.h"

#include "fs/beneath.h"
#include "fs/rename.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ELSEWHERE "move the data to another file system, or use --sandbox=off to run migrations directly on the system"

/* ---- Holds ---- */

/* Tries both kinds of rename that a commit needs; whether they were done, a recovery tells by the inode number. */
static int slots_try_renames(int slots)
{
        const struct rename_end a = { slots, "try.a" }, b = { slots, "try.b" }, c = { slots, "try.c" };
        struct stat st;
        int r;

        if (mkdirat(slots, a.name, 0700) < 0 || mkdirat(slots, b.name, 0700) < 0 ||
            fstatat(slots, a.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        r = rename_exchange(&a, &b);
        if (r >= 0)
                r = rename_install(&b, &c);
        if (r >= 0)
                r = rename_end_is(&c, st.st_ino);
        return r == 0 ? -EOPNOTSUPP : r < 0 ? r : 0;
}

/* Returns: 0, or a negative errno with @error set. @path: of the area. */
static int slots_check_renames(int slots, const char *path, struct error *error)
{
        static const char *const names[] = { "try.a", "try.b", "try.c" };
        int r = slots_try_renames(slots);

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void)unlinkat(slots, names[i], AT_REMOVEDIR);
        if (r == -EOPNOTSUPP)
                return error_setf(
                        error, r,
                        "files of %s get other inode numbers when they are renamed, by which a commit that is cut off couldn't be finished; " ELSEWHERE,
                        path);
        return r < 0 ? error_setf(error, r, "can't rename in %s: %s; " ELSEWHERE, path, strerror(-r)) : 0;
}

int commit_check_hold(const struct preparation *p, size_t area, struct error *error)
{
        if (!p->redo->areas[area].hold)
                return 0;
        return slots_check_renames(p->slots[area], p->stage->areas->areas[area].path, error);
}

/* ---- Attributes ---- */

static int slots_make_file(int slots, const char *name, mode_t mode)
{
        int r = S_ISDIR(mode)   ? mkdirat(slots, name, 0700)
                : S_ISLNK(mode) ? symlinkat(name, slots, name)
                                : mknodat(slots, name, (mode & S_IFMT) | 0600, 0);

        return r < 0 ? -errno : beneath_open(slots, name, O_PATH | O_NOFOLLOW, 0);
}

static int slots_try_attributes(int slots, const struct attributes *attributes)
{
        static const char name[] = "try";
        _cleanup_close_ int fd = slots_make_file(slots, name, attributes->st.st_mode);
        int r = fd < 0 ? fd : attributes_apply(fd, attributes);

        (void)unlinkat(slots, name, S_ISDIR(attributes->st.st_mode) ? AT_REMOVEDIR : 0);
        return r;
}

int commit_check_metas(const struct preparation *p, struct error *error)
{
        for (size_t i = 0; i < p->redo->n_metas; i++) {
                const struct redo_meta *meta = &p->redo->metas[i];
                int r;

                if (!p->redo->areas[meta->area].hold || !meta->after.st.st_mode ||
                    attributes_equal(&meta->before, &meta->after))
                        continue;
                r = slots_try_attributes(p->slots[meta->area], &meta->after);
                if (r < 0)
                        return error_errnof(error, r, "can't set the attributes of %s/%s on its file system",
                                            p->stage->areas->areas[meta->area].path, meta->path);
        }
        return 0;
}

/* ---- Before migrate ---- */

/* Local file systems on which root may do everything, and owners and attributes can be stored. */
static int area_is_trusted(int fd)
{
        static const unsigned long trusted[] = { EXT4_SUPER_MAGIC,     XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                                 F2FS_SUPER_MAGIC,     TMPFS_MAGIC,     RAMFS_MAGIC,
                                                 OVERLAYFS_SUPER_MAGIC };
        struct statfs fs;

        if (fstatfs(fd, &fs) < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(trusted); i++)
                if ((unsigned long)fs.f_type == trusted[i])
                        return 1;
        return 0;
}

/* Whether what is declared could be made again there, with its owner and its attributes. */
static int trial_check_attributes(int trial, const struct area *area, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < area->declared.n; i++) {
                _cleanup_close_ int fd = beneath_open(area->fd, area->declared.list[i], O_PATH | O_NOFOLLOW, 0);
                _cleanup_attributes_ struct attributes attributes = { 0 };

                if (fd < 0 && beneath_is_nowhere(fd))
                        continue;
                r = fd < 0 ? fd : attributes_read(fd, &attributes);
                if (r >= 0)
                        r = slots_try_attributes(trial, &attributes);
                if (r < 0)
                        return error_setf(
                                error, r,
                                "can't give a new file the owner and the attributes of %s%s%s: %s; root may not, or its file system can't store them: " ELSEWHERE,
                                area->path, area->declared.list[i][0] ? "/" : "", area->declared.list[i], strerror(-r));
        }
        return r;
}

static int area_refuse_root(const struct area *area, const char *reason, struct error *error)
{
        return error_setf(
                error, -EACCES,
                "root can't make files in %s: %s; let root write to its file system (an NFS server: no_root_squash), or move the data to another one",
                area->path, reason);
}

static int area_check_trial(const struct area *area, const char *name, struct error *error)
{
        _cleanup_close_ int trial = beneath_open(area->fd, name, O_RDONLY | O_DIRECTORY, 0);
        struct stat st;
        int r;

        if (trial < 0)
                return area_refuse_root(area, strerror(-trial), error);
        if (fstat(trial, &st) < 0)
                return area_refuse_root(area, strerror(errno), error);
        if (st.st_uid != geteuid())
                return area_refuse_root(area, "they get another owner", error);
        if ((st.st_mode & 0777) != 0700)
                return error_setf(
                        error, -EPERM,
                        "the file system of %s stores no modes, so that other users could reach what is put there; " ELSEWHERE,
                        area->path);
        r = slots_check_renames(trial, area->path, error);
        return r < 0 ? r : trial_check_attributes(trial, area, error);
}

static int area_try(const struct area *area, const char *package, struct error *error)
{
        _cleanup_free_ char *name = NULL;
        struct stat st;
        int r;

        if (fstat(area->fd, &st) < 0)
                return error_errnof(error, -errno, "can't look at %s", area->path);
        r = commit_name_hold(package, &name);
        if (r < 0)
                return error_errnof(error, r, "can't name a directory in %s", area->path);
        if (mkdirat(area->fd, name, 0700) < 0)
                return errno == ENOSPC ? error_errnof(error, -errno, "can't make a directory in %s", area->path)
                                       : area_refuse_root(area, strerror(errno), error);
        r = area_check_trial(area, name, error);
        if (unlinkat(area->fd, name, AT_REMOVEDIR) < 0 && r >= 0)
                r = error_errnof(error, -errno, "can't remove %s/%s", area->path, name);
        return r < 0 ? r : attributes_set_times(area->fd, &st);
}

int commit_try_areas(const struct commit_place *place, const struct stage *stage, struct error *error)
{
        int r = 0;

        assert(place && stage);
        for (size_t i = 0; r >= 0 && i < stage->areas->n; i++) {
                const struct area *area = &stage->areas->areas[i];
                int trusted = area_is_trusted(area->fd);

                if (trusted == 0)
                        trusted = commit_is_reachable(place, area->fd);
                if (trusted < 0)
                        return error_errnof(error, trusted, "can't look at %s", area->path);
                r = trusted > 0 || area->declared.n == 0 ? 0 : area_try(area, place->package, error);
        }
        return r;
}
