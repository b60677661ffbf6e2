/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that aren't declared, device files, and ways around paths. */

#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static int result(long r)
{
        return r < 0 ? errno : 0;
}

/* Nothing is written: to some files a single byte does harm. */
static int file_open(const char *path, int flags)
{
        return result(open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644));
}

int file_write(const char *path)
{
        return file_open(path, O_WRONLY);
}

int file_create(const char *path)
{
        return file_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

int file_read(const char *path)
{
        return file_open(path, O_RDONLY);
}

int file_list(const char *path)
{
        return opendir(path) ? 0 : errno;
}

int file_remove(const char *path)
{
        return result(unlink(path));
}

int file_rename(const char *path)
{
        char to[LENGTH_MAX];

        snprintf(to, sizeof(to), "%s.new", path);
        return result(rename(path, to));
}

int file_link(const char *path)
{
        char to[LENGTH_MAX];

        snprintf(to, sizeof(to), "%s.new", path);
        return result(link(path, to));
}

int file_chmod(const char *path)
{
        return result(chmod(path, 0777));
}

int file_chown(const char *path)
{
        return result(chown(path, 1, 1));
}

int file_touch(const char *path)
{
        return result(utimensat(AT_FDCWD, path, NULL, 0));
}

int file_attribute(const char *path)
{
        return result(setxattr(path, "trusted.escape", "x", 1, 0));
}

int file_immutable(const char *path)
{
        int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644), flags = FS_IMMUTABLE_FL;

        return fd < 0 ? errno : result(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

int file_by_handle(const char *path)
{
        union {
                struct file_handle handle;
                char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
        } of = { .handle.handle_bytes = MAX_HANDLE_SZ };
        int id, fd = open("/", O_RDONLY | O_CLOEXEC);

        if (name_to_handle_at(AT_FDCWD, path, &of.handle, &id, 0) < 0)
                return errno;
        return result(open_by_handle_at(fd, &of.handle, O_WRONLY | O_CLOEXEC));
}

int device_char(const char *path)
{
        return result(mknod(path, S_IFCHR | 0600, makedev(1, 3)));
}

int device_block(const char *path)
{
        return result(mknod(path, S_IFBLK | 0600, makedev(7, 0)));
}

int device_whiteout(const char *path)
{
        return result(mknod(path, S_IFCHR | 0600, makedev(0, 0)));
}

/* The classic way: a root below a directory that is still open. */
int chroot_leave(const char *path)
{
        char below[] = "/tmp/root-XXXXXX";

        if (!mkdtemp(below) || chroot(below) < 0)
                return errno;
        for (int i = 0; i < 64; i++)
                if (chdir("..") < 0)
                        return errno;
        if (chroot(".") < 0)
                return errno;
        return file_write(path);
}
