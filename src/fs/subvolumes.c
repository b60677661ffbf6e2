/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/subvolumes.h"

#include "fs/beneath.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define SUBVOLUME_ROOT_INO 256 /* BTRFS_FIRST_FREE_OBJECTID: of the root of each subvolume, and of no other directory */

/* Returns: 1, 0, or a negative errno. */
static int fd_is_subvolume(int fd)
{
        struct statfs fs;
        struct stat st;

        if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
                return -errno;
        return st.st_ino == SUBVOLUME_ROOT_INO && fs.f_type == BTRFS_SUPER_MAGIC;
}

static int subvolume_visit(int fd, const char *path, const struct subvolume_visitor *visitor)
{
        uint64_t flags;

        if (ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0)
                return -errno;
        return visitor->visit(path, flags & BTRFS_SUBVOL_RDONLY, visitor->userdata);
}

int subvolumes_visit_above(const char *path, const char *mount, const struct subvolume_visitor *visitor)
{
        _cleanup_free_ char *cut = NULL;
        size_t top;
        int r = 0;

        assert(path && mount && visitor);
        cut = strdup(path);
        top = strlen(mount);
        if (!cut)
                return -ENOMEM;
        for (char *end = cut + strlen(cut); r >= 0 && end && (size_t)(end - cut) > top; end = strrchr(cut, '/')) {
                _cleanup_close_ int fd = -EBADF;

                *end = '\0';
                fd = open(cut, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd < 0 && !beneath_is_nowhere(-errno))
                        return -errno;
                r = fd < 0 ? 0 : fd_is_subvolume(fd);
                if (r > 0)
                        r = subvolume_visit(fd, cut, visitor);
        }
        return r;
}

/* ---- Below a directory ---- */

static int subvolume_visit_children(int dir, const char *path, const struct subvolume_visitor *visitor);

/* One that is elsewhere in the same subvolume as @dir can't be looked up from there (EACCES). */
static int subvolume_visit_child(int dir, const char *path, struct btrfs_ioctl_ino_lookup_user_args *child,
                                 const struct subvolume_visitor *visitor)
{
        _cleanup_free_ char *whole = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (ioctl(dir, BTRFS_IOC_INO_LOOKUP_USER, child) < 0)
                return errno == EACCES || errno == ENOENT ? 0 : -errno;
        if (asprintf(&whole, "%s/%s%s", path, child->path, child->name) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        fd = beneath_open(dir, whole + strlen(path) + 1, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0) /* it was removed just now, or is beneath a mount */
                return beneath_is_nowhere(fd) || fd == -EXDEV ? 0 : fd;
        r = fd_is_subvolume(fd);
        if (r > 0)
                r = subvolume_visit(fd, whole, visitor);
        return r < 0 ? r : subvolume_visit_children(fd, whole, visitor);
}

/* The kernel lists at most 255 at once. */
static int subvolume_visit_children(int dir, const char *path, const struct subvolume_visitor *visitor)
{
        struct btrfs_ioctl_get_subvol_rootref_args refs = { 0 };
        bool more = true;
        int r = 0;

        while (r >= 0 && more) {
                more = ioctl(dir, BTRFS_IOC_GET_SUBVOL_ROOTREF, &refs) < 0;
                if (more && errno != EOVERFLOW)
                        return errno == ENOTTY ? 0 : -errno;
                for (size_t i = 0; r >= 0 && i < refs.num_items; i++) {
                        struct btrfs_ioctl_ino_lookup_user_args child = { .dirid = refs.rootref[i].dirid,
                                                                          .treeid = refs.rootref[i].treeid };

                        r = subvolume_visit_child(dir, path, &child, visitor);
                }
        }
        return r;
}

int subvolumes_visit_below(const char *path, const struct subvolume_visitor *visitor)
{
        _cleanup_close_ int fd = -EBADF;

        assert(path && visitor);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return beneath_is_nowhere(-errno) ? 0 : -errno;
        return subvolume_visit_children(fd, path, visitor);
}
