/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-check.h"

#include "fs/beneath.h"
#include "fs/rename.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define RUN_DIRECTLY "run the migration with \"writes\": \"*\""

/* ---- Changes ---- */

/* The file system of an area. */
struct underlay {
        struct beneath_trail trail;
        dev_t dev;
        bool overlay;
};

static void underlay_done(struct underlay *underlay)
{
        beneath_trail_done(&underlay->trail);
}

static int underlay_read(int fd, struct underlay *ret)
{
        struct statfs fs;
        struct stat st;

        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        beneath_trail_enter(&ret->trail, fd);
        ret->dev = st.st_dev;
        ret->overlay = fs.f_type == OVERLAYFS_SUPER_MAGIC;
        return 0;
}

static bool change_moves_directory(const struct change *change)
{
        return !change->inner && S_ISDIR(change->before.st_mode) &&
               (change->kind == CHANGE_MOVE || change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

static int preparation_check_change(const struct preparation *p, const struct change *change, struct underlay *underlay,
                                    struct error *error)
{
        const struct area *area = &p->stage->areas->areas[change->area];
        const char *reason = NULL;

        if (!change->inner && change->before.st_mode &&
            beneath_trail_is_fixed(&underlay->trail, change_old_path(change)))
                reason = "is immutable or append-only (chattr), so it can't be staged";
        else if (underlay->overlay && change_moves_directory(change))
                reason = "is a directory on an overlayfs, which can't be renamed there";
        else if (!underlay->overlay && change->before.st_mode && change->before.st_dev != underlay->dev)
                reason = "is in another subvolume than the directory that is staged";
        if (!reason)
                return 0;
        return error_setf(error, -EXDEV, "%s/%s %s; leave it unchanged, or " RUN_DIRECTLY, area->path,
                          change_old_path(change), reason);
}

int commit_check_changes(const struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;
        _cleanup_(underlay_done) struct underlay underlay = { .trail.dir = -EBADF };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (i == 0 || change->area != change[-1].area)
                        r = underlay_read(p->stage->areas->areas[change->area].fd, &underlay);
                if (r >= 0)
                        r = preparation_check_change(p, change, &underlay, error);
        }
        return r;
}

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

int commit_check_hold(const struct preparation *p, size_t area, struct error *error)
{
        static const char *const names[] = { "try.a", "try.b", "try.c" };
        const char *path = p->stage->areas->areas[area].path;
        int slots = p->slots[area], r;

        if (!p->redo->areas[area].hold)
                return 0;
        r = slots_try_renames(slots);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void)unlinkat(slots, names[i], AT_REMOVEDIR);
        if (r == -EOPNOTSUPP)
                return error_setf(
                        error, r,
                        "files of %s get other inode numbers when they are renamed, by which a commit that is cut off couldn't be finished; " RUN_DIRECTLY,
                        path);
        return r < 0 ? error_errnof(error, r, "can't rename in %s", path) : 0;
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
