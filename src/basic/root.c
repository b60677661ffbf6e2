/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/root.h"

#include "basic/path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>

/* Returns: 1 if @path is the directory @fd on the same mount, 0 if not, or a negative errno. */
static int root_is_at(int fd, const char *path)
{
        struct statx opened, found;

        if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &opened) < 0 ||
            statx(AT_FDCWD, path, 0, STATX_INO | STATX_MNT_ID, &found) < 0)
                return -errno;
        return opened.stx_ino == found.stx_ino && opened.stx_mnt_id == found.stx_mnt_id;
}

int root_init(struct root *root, const char *path)
{
        _cleanup_free_ char *resolved = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        assert(root);
        assert(path);

        resolved = realpath(path, NULL);
        if (!resolved)
                return -errno;
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = root_is_at(fd, resolved);
        if (r <= 0)
                return r < 0 ? r : -EXDEV;

        if (streq(resolved, "/"))
                resolved[0] = '\0';
        *root = (struct root){ .fd = TAKE_FD(fd), .path = TAKE_PTR(resolved) };
        return 0;
}

void root_done(struct root *root)
{
        assert(root);

        fd_closep(&root->fd);
        free(root->path);
        *root = (struct root){ .fd = -EBADF };
}

static int root_open_beneath(const struct root *root, const char *path, int flags, uint64_t resolve)
{
        struct open_how how = {
                .flags = (unsigned)flags | O_CLOEXEC,
                .resolve = (path_is_within(path, STATE_DIR) ? RESOLVE_IN_ROOT : RESOLVE_BENEATH) |
                           RESOLVE_NO_MAGICLINKS | resolve,
        };
        const char *relative = path + strspn(path, "/");
        int fd;

        /* If another process renames a directory meanwhile, the kernel asks for another try. */
        do
                fd = (int)syscall(SYS_openat2, root->fd, *relative ? relative : ".", &how, sizeof(how));
        while (fd < 0 && errno == EAGAIN);

        return fd < 0 ? -errno : fd;
}

int root_open(const struct root *root, const char *path, int flags)
{
        int fd;

        assert(root);
        assert(path);

        if (root->path[0])
                return root_open_beneath(root, path, flags, 0);
        fd = open(path, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int root_open_present(const struct root *root, const char *path, int flags)
{
        _cleanup_close_ int link = -EBADF;
        struct stat st;
        int fd;

        fd = root_open(root, path, flags);
        if (fd != -ENOENT)
                return fd;
        link = root_open(root, path, O_PATH | O_NOFOLLOW);
        if (link < 0)
                return link;
        if (fstat(link, &st) < 0)
                return -errno;
        return S_ISLNK(st.st_mode) ? -ENOLINK : root_open(root, path, flags);
}

int root_open_unlinked(const struct root *root, const char *path, int flags)
{
        assert(root);
        assert(path);

        return root_open_beneath(root, path, flags, RESOLVE_NO_SYMLINKS);
}

static int root_walk_mkdirs(const struct root *root, const char *path,
                            int (*open_path)(const struct root *root, const char *path, int flags))
{
        char prefix[PATH_MAX];
        _cleanup_close_ int fd = -EBADF;
        size_t n;

        assert(root);
        assert(path);

        if (strlen(path) >= sizeof(prefix))
                return -ENAMETOOLONG;

        fd = open_path(root, path, O_RDONLY | O_DIRECTORY); /* most often it is there */
        if (fd != -ENOENT)
                return TAKE_FD(fd);
        fd = open_path(root, "/", O_PATH | O_DIRECTORY);
        for (const char *p = path; fd >= 0 && *(p += strspn(p, "/")); p += n) {
                char name[NAME_MAX + 1];

                n = strcspn(p, "/");
                if (n >= sizeof(name))
                        return -ENAMETOOLONG;
                memcpy(name, p, n);
                name[n] = '\0';
                if (mkdirat(fd, name, 0755) == 0 ? fchmodat(fd, name, 0755, 0) < 0 : errno != EEXIST)
                        return -errno; /* chmod: whatever the umask is */

                /* From the root each time, so that @open_path decides about links on the way. */
                close(TAKE_FD(fd));
                memcpy(prefix, path, (size_t)(p - path) + n);
                prefix[(size_t)(p - path) + n] = '\0';
                fd = open_path(root, prefix, O_PATH | O_DIRECTORY);
        }
        if (fd < 0)
                return fd;
        return open_path(root, path, O_RDONLY | O_DIRECTORY);
}

int root_open_mkdirs(const struct root *root, const char *path)
{
        return root_walk_mkdirs(root, path, root_open);
}

int root_open_mkdirs_unlinked(const struct root *root, const char *path)
{
        return root_walk_mkdirs(root, path, root_open_unlinked);
}

int fd_get_path(int fd, char **ret)
{
        char link[sizeof("/proc/self/fd/") + 11], path[PATH_MAX];
        ssize_t n;
        char *copy;

        assert(ret);

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path));
        if (n < 0)
                return -errno;
        if ((size_t)n == sizeof(path))
                return -ENAMETOOLONG;

        copy = strndup(path, (size_t)n);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}
