/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/sandbox-views.h"

#include "sandbox/mount-calls.h"
#include "sandbox/overlay-probe.h"
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

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

/* By a layer in the working directory, since it has no name that is too long, or that had to be escaped. */
static int step_make_overlay(const char *path)
{
        static const char *const options[][2] = { { "source", "deploy-migrate" },
                                                  { "lowerdir",
                                                    ".:" SANDBOX_STORE_DIR "/" SANDBOX_EMPTY_NAME }, /* it takes two */
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
int step_make_view(const char *path)
{
        int fd = step_make_overlay(path);

        return fd < 0 && fd != -ENOENT && !code_means_shortage(fd) ? step_clone_mount(path) : fd;
}

/* Configured anew, a file system drops all names that nobody uses. */
int view_refresh(int view)
{
        struct statfs st;
        int context, r;

        if (fstatfs(view, &st) < 0)
                return -errno;
        if (st.f_type != OVERLAYFS_SUPER_MAGIC)
                return 0;
        context = fspick(view, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT);
        if (context < 0)
                return -errno;
        r = fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
                            fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0
                    ? -errno
                    : 0;
        close(context);
        return r;
}

/* In a user name space there can't be an overlay of "/", because it has mounts from outside: then @slash is a clone. */
static int step_is_clone(int slash)
{
        struct stat cloned, root;

        if (fstat(slash, &cloned) < 0 || stat("/", &root) < 0)
                return -errno;
        return cloned.st_dev == root.st_dev;
}

int step_make_view_of_entry(const char *path, int slash)
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
