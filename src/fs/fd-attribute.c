/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/fd-attribute.h"

#include "fs/beneath.h"

#include <sys/xattr.h>

ssize_t fd_list_xattrs(int fd, char *names, size_t size)
{
        ssize_t n;

        assert(fd >= 0);
        n = flistxattr(fd, names, size);
        return n < 0 && errno == EBADF ? listxattr(FD_PATH(fd), names, size) : n;
}

ssize_t fd_get_xattr(int fd, const char *name, void *value, size_t size)
{
        ssize_t n;

        assert(fd >= 0 && name);
        n = fgetxattr(fd, name, value, size);
        return n < 0 && errno == EBADF ? getxattr(FD_PATH(fd), name, value, size) : n;
}

int fd_set_xattr(int fd, const char *name, const void *value, size_t size)
{
        int r;

        assert(fd >= 0 && name && (value || size == 0));
        r = fsetxattr(fd, name, value, size, 0);
        if (r < 0 && errno == EBADF)
                r = setxattr(FD_PATH(fd), name, value, size, 0);
        return r < 0 ? -errno : 0;
}

int fd_remove_xattr(int fd, const char *name)
{
        int r;

        assert(fd >= 0 && name);
        r = fremovexattr(fd, name);
        if (r < 0 && errno == EBADF)
                r = removexattr(FD_PATH(fd), name);
        return r < 0 && errno != ENODATA ? -errno : 0;
}

int fd_set_mode(int fd, mode_t mode)
{
        int r;

        assert(fd >= 0);
        r = fchmod(fd, mode);
        if (r < 0 && errno == EBADF)
                r = chmod(FD_PATH(fd), mode);
        return r < 0 ? -errno : 0;
}
