/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of the child that make, clone, alter or attach mounts, by system calls only. */

#include "sandbox/sandbox-mounts.h"

#include "sandbox/mount-calls.h"
#include "sandbox/sandbox-views.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int step_set_attributes(const char *path, unsigned attributes, unsigned flags)
{
        struct mount_attr attr = { .attr_set = attributes };

        return mount_setattr(-EBADF, path, flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
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
int step_attach(int mount, const char *path)
{
        int fd, r;

        fd = step_open_unlinked(path, O_PATH);
        if (fd < 0)
                return fd;
        r = move_mount(mount, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
        close(fd);
        return r;
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
        if (fd < 0 || mkdirat(fd, SANDBOX_EMPTY_NAME, 0555) == 0)
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
int step_shield(int from, int over, const char *name)
{
        int fd, r;

        fd = step_clone_tree(from, name);
        r = fd < 0 ? fd : move_mount(fd, "", over, name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
        fd_closep(&fd);
        if (r >= 0 || r == -ENOENT)
                return 0;
        return step_is_link(from, name) > 0 ? 0 : r;
}

/* What has gone since its view was made, as a container's mounts do, needs no cover. */
static int step_cover_system(int view, const char *path)
{
        int r = view < 0 ? 0 : step_attach(view, path);

        return r == -ENOENT ? 0 : r;
}

int step_run_mount(const struct sandbox_step *step, int *fds)
{
        switch (step->type) {
        case STEP_SLAVE:
                return mount(NULL, step->path, "", MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
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
                return step_cover_system(fds[step->fd], step->path);
        case STEP_COVER:
        case STEP_ATTACH:
                return step_attach(fds[step->fd], step->path);
        case STEP_SHIELD:
                return step_shield(fds[step->from], fds[step->fd], step->name);
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
