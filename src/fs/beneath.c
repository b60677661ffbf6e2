/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/beneath.h"

#include "basic/io.h"
#include "basic/path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

const char *beneath_fd_path(int fd, char buffer[static 32])
{
        snprintf(buffer, 32, "/proc/self/fd/%d", fd);
        return buffer;
}

static int beneath_openat2(int dir, const char *path, int flags, mode_t mode)
{
        struct open_how how = {
                .flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
                .mode = mode,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
        };
        int fd;

        /* The kernel returns EAGAIN if another process renames a directory during the lookup. */
        do
                fd = (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
        while (fd < 0 && (errno == EAGAIN || errno == EINTR));

        return fd < 0 ? -errno : fd;
}

/* Opens the directory whose path is the first @n bytes of @path. */
static int beneath_open_prefix(int dir, const char *path, size_t n)
{
        char prefix[PATH_MAX];

        memcpy(prefix, path, n);
        prefix[n] = '\0';
        return beneath_openat2(dir, prefix, O_PATH | O_DIRECTORY, 0);
}

int beneath_open(int dir, const char *path, int flags, mode_t mode)
{
        _cleanup_close_ int closed_here = -EBADF;

        assert(path);

        /* One system call takes less than PATH_MAX bytes. */
        while (strlen(path) >= PATH_MAX) {
                const char *slash = memrchr(path, '/', PATH_MAX);
                int fd;

                if (!slash || slash == path)
                        return -ENAMETOOLONG;
                fd = beneath_open_prefix(dir, path, (size_t)(slash - path));
                if (fd < 0)
                        return fd;
                fd_closep(&closed_here);
                dir = closed_here = fd;
                path = slash + 1;
        }
        return beneath_openat2(dir, path, flags, mode);
}

int beneath_open_parent(int dir, const char *path, const char **ret_name)
{
        _cleanup_free_ char *parent = path_parent(path);
        int fd;

        assert(ret_name);

        if (!parent)
                return -ENOMEM;
        fd = beneath_open(dir, parent, O_PATH | O_DIRECTORY, 0);
        if (fd >= 0)
                *ret_name = path_name(path);
        return fd;
}

/* Whatever the umask is, and what the directory that it is in hands down. */
static int beneath_set_mode(int fd)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        return (st.st_mode & ALLPERMS) != 0750 && fchmod(fd, 0750) < 0 ? -errno : 0;
}

static int beneath_make_directory(int dir, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        bool made = mkdirat(dir, name, 0750) == 0;
        int r;

        if (!made && errno != EEXIST)
                return -errno;
        fd = beneath_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
        r = fd >= 0 && made ? beneath_set_mode(fd) : fd;
        return r < 0 ? r : TAKE_FD(fd);
}

int beneath_make_directories(int dir, const char *path)
{
        _cleanup_close_ int fd = -EBADF;
        size_t n;

        while (*(path += strspn(path, "/"))) {
                char name[NAME_MAX + 1];
                int next;

                n = strcspn(path, "/");
                if (n >= sizeof(name))
                        return -ENAMETOOLONG;
                memcpy(name, path, n);
                name[n] = '\0';

                next = beneath_make_directory(dir, name);
                if (next < 0)
                        return next;
                fd_closep(&fd);
                dir = fd = next;
                path += n;
        }
        return fd < 0 ? beneath_open(dir, "", O_RDONLY | O_DIRECTORY, 0) : TAKE_FD(fd);
}

int beneath_sync(int dir)
{
        return syncfs(dir) < 0 ? -errno : 0;
}

int beneath_is_fixed(int dir, const char *path)
{
        _cleanup_close_ int fd = beneath_open(dir, path, O_PATH, 0);
        struct statx stx;

        if (fd < 0)
                return beneath_is_nowhere(fd) ? 0 : fd;
        if (statx(fd, "", AT_EMPTY_PATH, 0, &stx) < 0)
                return -errno;
        return (stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
}

int beneath_open_list(int dir, const char *path)
{
        int fd = beneath_open(dir, path, O_RDONLY | O_DIRECTORY | O_NOATIME, 0);

        return fd == -EPERM ? beneath_open(dir, path, O_RDONLY | O_DIRECTORY, 0) : fd;
}

int beneath_open_entries(int dir, const char *path, DIR **ret)
{
        _cleanup_close_ int fd = beneath_open_list(dir, path);
        DIR *opened;

        assert(ret);

        if (fd < 0)
                return fd;
        opened = fdopendir(fd);
        if (!opened)
                return -errno;
        TAKE_FD(fd);
        *ret = opened;
        return 0;
}

int beneath_next(DIR *dir, const struct dirent **ret)
{
        assert(dir);
        assert(ret);

        for (;;) {
                const struct dirent *entry;

                errno = 0;
                entry = readdir(dir);
                if (!entry)
                        return -errno;
                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                *ret = entry;
                return 1;
        }
}

int beneath_is_empty(int dir, const char *path)
{
        _cleanup_(closedirp) DIR *entries = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(dir, path, &entries);
        if (r >= 0)
                r = beneath_next(entries, &entry);
        return r < 0 ? r : r == 0;
}

int beneath_type(DIR *dir, const struct dirent *entry)
{
        struct stat st;

        assert(dir);
        assert(entry);

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? DT_UNKNOWN : -errno;
        return IFTODT(st.st_mode);
}
