/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of the child that make, clone, alter or attach mounts, by system calls only. */

#include "sandbox/sandbox-mounts.h"

#include "sandbox/overlay-probe.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define EMPTY_NAME "empty" /* in the store */

static int step_set_attributes(const char *path, unsigned attributes, unsigned flags)
{
        struct mount_attr attr = { .attr_set = attributes };

        return mount_setattr(-EBADF, path, flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* @path had no symbolic links when it was resolved: another user may have put one there since, to have another directory covered. */
static int step_open_unlinked(const char *path, unsigned flags)
{
        struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
        int fd;

        do
                fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
        while (fd < 0 && errno == EAGAIN);
        return fd < 0 ? -errno : fd;
}

/* The clone keeps the mount flags that the mounts have now. */
static int step_clone_tree(int dir, const char *path)
{
        int fd = open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);

        return fd < 0 ? -errno : fd;
}

/* The file system's device files stay usable, but their attributes can't be changed. */
static int step_keep_device(const char *path)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
        int fd, r;

        fd = open_tree(-EBADF, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
                return fd;
        r = -errno;
        close(fd);
        return r;
}

/* Looks @path up anew, since the directory that STEP_OPEN opened may be covered by another overlay now. */
static int step_attach(int mount, const char *path)
{
        int fd, r;

        fd = step_open_unlinked(path, O_PATH);
        if (fd < 0)
                return fd;
        r = move_mount(mount, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
        close(fd);
        return r;
}

struct new_mount {
        const char *type;
        const char *path;
        const char *const (*options)[2]; /* names and values, ended by a name of NULL */
        unsigned attributes;
};

static int step_configure_mount(int context, const struct new_mount *new)
{
        for (const char *const(*option)[2] = new->options; (*option)[0]; option++)
                if (fsconfig(context, FSCONFIG_SET_STRING, (*option)[0], (*option)[1], 0) < 0)
                        return -errno;
        return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

/* Returns: a mount that isn't attached yet, or a negative errno. */
static int step_make_mount(const struct new_mount *new)
{
        int context, mount, r;

        context = fsopen(new->type, FSOPEN_CLOEXEC);
        if (context < 0)
                return -errno;
        r = step_configure_mount(context, new);
        mount = r < 0 ? r : fsmount(context, FSMOUNT_CLOEXEC, new->attributes);
        if (r >= 0 && mount < 0)
                r = -errno;
        close(context);
        return r < 0 ? r : mount;
}

static int step_mount(const struct new_mount *new)
{
        int mount = step_make_mount(new), r;

        if (mount < 0)
                return mount;
        r = step_attach(mount, new->path);
        close(mount);
        return r;
}

/* Returns: its root directory, or a negative errno. */
static int step_mount_store(const char *path)
{
        static const char *const options[][2] = { { "mode", "0755" }, { NULL, NULL } };
        int fd, r;

        r = step_mount(&(struct new_mount){ "tmpfs", path, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV });
        if (r < 0)
                return r;
        fd = step_open_unlinked(path, O_PATH | O_DIRECTORY);
        if (fd < 0 || mkdirat(fd, EMPTY_NAME, 0555) == 0)
                return fd;
        r = -errno;
        close(fd);
        return r;
}

/* One tmpfs for all of them, since making and removing one takes longer than all else here. */
static int step_mount_private(const struct sandbox_step *step, int store)
{
        int fd, r;

        if (mkdirat(store, step->name, step->mode & 07777) < 0)
                return -errno;
        fd = open_tree(store, step->name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = step_attach(fd, step->path);
        close(fd);
        return r;
}

static int step_mount_pts(const struct sandbox_step *step)
{
        static const char *const options[][2] = { { "ptmxmode", "0666" }, { "mode", "0620" }, { NULL, NULL } };

        return step_mount(&(struct new_mount){ "devpts", step->path, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC });
}

static int step_mount_proc(const struct sandbox_step *step)
{
        static const char *const options[][2] = { { NULL, NULL } };

        return step_mount(
                &(struct new_mount){ "proc", step->path, options,
                                     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC });
}

/* Returns: 1, 0, also if it is gone, or a negative errno. */
static int step_is_link(int dir, const char *name)
{
        struct stat st;

        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        return S_ISLNK(st.st_mode);
}

/* A name that has vanished since the parent listed it needs no shield; a symbolic link that replaced it can't always have one. */
static int step_shield(const struct sandbox_step *step, const int *fds)
{
        int fd, r;

        fd = step_clone_tree(fds[step->from], step->name);
        r = fd < 0 ? fd : move_mount(fd, "", fds[step->fd], step->name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
        fd_closep(&fd);
        if (r >= 0 || r == -ENOENT)
                return 0;
        return step_is_link(fds[step->from], step->name) > 0 ? 0 : r;
}

/* The flags of the mount that is covered, which overlayfs doesn't know. Returns: 0 or a negative errno. */
static int step_get_attributes(int dir, unsigned *ret)
{
        struct statfs st;

        if (fstatfs(dir, &st) < 0)
                return -errno;
        *ret = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
        if (st.f_flags & ST_NOSUID)
                *ret |= MOUNT_ATTR_NOSUID;
        if (st.f_flags & ST_NOEXEC)
                *ret |= MOUNT_ATTR_NOEXEC;
        return 0;
}

/* The mount alone, without those in it; in a user name space those that were made outside of it come along, and are covered next. */
static int step_clone_mount(const char *path)
{
        unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
        int fd = open_tree(-EBADF, path, flags);

        if (fd < 0 && errno == EINVAL)
                fd = open_tree(-EBADF, path, flags | AT_RECURSIVE);
        return fd < 0 ? -errno : fd;
}

/* By a layer in the working directory, since it has no name that is too long, or that had to be escaped. */
static int step_make_overlay(const char *path)
{
        static const char *const options[][2] = { { "source", "deploy-migrate" },
                                                  { "lowerdir",
                                                    ".:" SANDBOX_STORE_DIR "/" EMPTY_NAME }, /* it takes two */
                                                  { "redirect_dir", "nofollow" },
                                                  { "metacopy", "off" },
                                                  { NULL, NULL } };
        unsigned attributes = 0;
        int dir, r;

        dir = step_open_unlinked(path, O_PATH | O_DIRECTORY);
        if (dir < 0)
                return dir;
        r = fchdir(dir) < 0 ? -errno : step_get_attributes(dir, &attributes);
        if (r >= 0)
                r = step_make_mount(&(struct new_mount){ "overlay", path, options, attributes });
        r = overlay_check(r, dir);
        close(dir);
        if (chdir("/") < 0 && r >= 0) {
                close(r);
                r = -errno;
        }
        return r;
}

/* Whether the system ran out of something, so that it would have refused an overlay of any directory. */
static bool code_means_shortage(int code)
{
        return code == -ENOMEM || code == -EMFILE || code == -ENFILE || code == -ENOSPC;
}

/*
 * What can't be a layer, since its file system isn't fit for it or fails, or since it is a single file that is mounted, is cloned. Returns: a
 * mount that isn't attached yet; -ENOENT if it was unmounted after the parent had listed it; or another negative errno.
 */
static int step_make_view(const char *path)
{
        int fd = step_make_overlay(path);

        return fd < 0 && fd != -ENOENT && !code_means_shortage(fd) ? step_clone_mount(path) : fd;
}

/* In a user name space there can't be an overlay of "/", because it has mounts from outside: then @slash is a clone. */
static int step_is_clone(int slash)
{
        struct stat cloned, root;

        if (fstat(slash, &cloned) < 0 || stat("/", &root) < 0)
                return -errno;
        return cloned.st_dev == root.st_dev;
}

/* @path is in "/", of which @slash is a view. */
static int step_make_view_of_entry(const char *path, int slash)
{
        int dir, fd, r = step_is_clone(slash);

        if (r != 0)
                return r < 0 ? r : step_make_view(path);
        dir = step_open_unlinked(path, O_PATH | O_DIRECTORY);
        if (dir < 0)
                return dir;
        fd = open_tree(slash, path + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
        fd = fd < 0 ? -errno : overlay_check(fd, dir);
        close(dir);
        return fd == -EREMOTE ? step_clone_mount(path) : fd;
}

int step_run_mount(const struct sandbox_step *step, int *fds)
{
        switch (step->type) {
        case STEP_SLAVE:
                return mount(NULL, step->path, NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
        case STEP_READ_ONLY:
                return step_set_attributes(step->path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, AT_RECURSIVE);
        case STEP_SEAL:
                return step_set_attributes(step->path, MOUNT_ATTR_RDONLY, 0);
        case STEP_PRIVATE:
                return step_mount_private(step, fds[step->from]);
        case STEP_PTS:
                return step_mount_pts(step);
        case STEP_PROC:
                return step_mount_proc(step);
        case STEP_COVER_SYSTEM:
                return fds[step->fd] < 0 ? 0 : step_attach(fds[step->fd], step->path);
        case STEP_COVER:
        case STEP_ATTACH:
                return step_attach(fds[step->fd], step->path);
        case STEP_SHIELD:
                return step_shield(step, fds);
        default:
                return -EINVAL;
        }
}

/* What the parent has listed may be gone. */
static bool step_may_find_nothing(enum sandbox_step_type type)
{
        return type == STEP_VIEW || type == STEP_VIEW_ENTRY || type == STEP_DETACH_ONE;
}

int step_run_open(const struct sandbox_step *step, int *fds)
{
        int *ret = &fds[step->fd];

        switch (step->type) {
        case STEP_KEEP_DEVICE:
                *ret = step_keep_device(step->path);
                break;
        case STEP_STORE:
                *ret = step_mount_store(step->path);
                break;
        case STEP_VIEW:
                *ret = step_make_view(step->path);
                break;
        case STEP_VIEW_ENTRY:
                *ret = step_make_view_of_entry(step->path, fds[step->from]);
                break;
        case STEP_DETACH:
                *ret = step_clone_tree(-EBADF, step->path);
                break;
        case STEP_DETACH_ONE:
                *ret = step_clone_mount(step->path);
                break;
        default:
                *ret = step_open_unlinked(step->path, O_PATH | O_DIRECTORY);
        }
        if (*ret == -ENOENT && step_may_find_nothing(step->type))
                return 0;
        return *ret < 0 ? *ret : 0;
}
