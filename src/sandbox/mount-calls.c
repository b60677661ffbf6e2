/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/mount-calls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* @path had no symbolic links when it was resolved: another user may have put one there since, to have another directory covered. */
int step_open_unlinked(const char *path, unsigned flags)
{
        struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
        int fd;

        do
                fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
        while (fd < 0 && errno == EAGAIN);
        return fd < 0 ? -errno : fd;
}

static int step_configure_mount(int context, const struct new_mount *new)
{
        for (const char *const(*option)[2] = new->options; (*option)[0]; option++)
                if (fsconfig(context, FSCONFIG_SET_STRING, (*option)[0], (*option)[1], 0) < 0)
                        return -errno;
        return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int step_make_mount(const struct new_mount *new)
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

/* The mount alone, without those in it; in a user name space those that were made outside of it come along, and are covered next. */
int step_clone_mount(const char *path)
{
        unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
        int fd = open_tree(-EBADF, path, flags);

        if (fd < 0 && errno == EINVAL)
                fd = open_tree(-EBADF, path, flags | AT_RECURSIVE);
        return fd < 0 ? -errno : fd;
}

bool mount_is_permitted(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        return syscall(SYS_capget, &header, data) >= 0 &&
               (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}
