/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mounts that would uncover what the sandbox has covered, also in a user name space, in which everybody has all capabilities. */

#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long r)
{
        return r < 0 ? errno : 0;
}

int mount_tmpfs(const char *path)
{
        return result(mount("tmpfs", path, "tmpfs", 0, NULL));
}

int mount_bind(const char *path)
{
        return result(mount(path, "/tmp", NULL, MS_BIND, NULL));
}

int mount_remount(const char *path)
{
        return result(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL));
}

int mount_writable(const char *path)
{
        struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

        return result(mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)));
}

int mount_unmount(const char *path)
{
        return result(umount2(path, MNT_DETACH));
}

int mount_pivot(const char *path)
{
        return result(syscall(SYS_pivot_root, path, path));
}

int mount_new_api(const char *path)
{
        return result(fsopen(path, FSOPEN_CLOEXEC));
}

int mount_clone(const char *path)
{
        return result(open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

/* ---- With all capabilities of a user name space ---- */

static int user_write_map(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 || write(fd, text, strlen(text)) < 0 ? errno : 0;
}

int user_unshare(const char *unused)
{
        (void)unused;
        return result(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

/* A kernel or a /proc that refuses is an answer, too. */
static int user_become_root(void)
{
        int r = user_unshare(NULL);

        return r ? r : user_write_map("/proc/self/uid_map", "0 0 1");
}

/* The mount of a name space with more privileges is locked: what is read-only there, stays so. */
int user_remount(const char *path)
{
        int r = user_become_root();

        return r ? r : mount_remount(path);
}

int user_writable(const char *path)
{
        int r = user_become_root();

        return r ? r : mount_writable(path);
}

int user_unmount(const char *path)
{
        int r = user_become_root();

        return r ? r : mount_unmount(path);
}

/* A bind mount of a directory without what is mounted in it would show what is below. */
int user_uncover(const char *path)
{
        int r = user_become_root();

        return r ? r : mount_bind(path);
}

int user_device(const char *path)
{
        int r = user_become_root();

        if (r || (r = mount_tmpfs("/tmp")))
                return r;
        return result(mknod(path, S_IFCHR | 0600, 0x103));
}

/* An overlay of its own over a directory that it may only read: it can be changed there, and nowhere else. */
int user_overlay(const char *path)
{
        char options[LENGTH_MAX], file[LENGTH_MAX];
        int r = user_become_root(), fd;

        if (r || (r = mount_tmpfs("/tmp")))
                return r;
        snprintf(options, sizeof(options), "lowerdir=%s,upperdir=/tmp/upper,workdir=/tmp/work,userxattr", path);
        snprintf(file, sizeof(file), "%s/escaped", path);
        if (mkdir("/tmp/upper", 0755) < 0 || mkdir("/tmp/work", 0755) < 0 ||
            mount("overlay", path, "overlay", 0, options) < 0)
                return errno;
        fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        return result(fd);
}
