/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/trusted-links.h"

#include "basic/path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define LINKS_MAX 40

/* A path that is walked name by name. */
struct walk {
        struct trusted_links *links;
        int flags;       /* of the file at its end */
        int fd;          /* the directory that was reached */
        char *done;      /* its path below the root, without links; "" for the root */
        char *left;      /* the names to go, separated by slashes */
        unsigned passed; /* how many links it led through */
};

static void walk_done(struct walk *walk)
{
        fd_closep(&walk->fd);
        free(walk->done);
        free(walk->left);
}

static int walk_enter(struct walk *walk, int fd, char *done)
{
        if (fd < 0 || !done) {
                free(done);
                if (fd >= 0)
                        close(fd);
                return fd < 0 ? fd : -ENOMEM;
        }
        fd_closep(&walk->fd);
        free(walk->done);
        walk->fd = fd;
        walk->done = done;
        return 0;
}

static int walk_begin(struct walk *walk)
{
        return walk_enter(walk, root_open_unlinked(walk->links->root, "/", O_PATH | O_DIRECTORY), strdup(""));
}

static int fd_or_errno(int fd)
{
        return fd < 0 ? -errno : fd;
}

static int walk_go_up(struct walk *walk)
{
        char *slash = strrchr(walk->done, '/'), *above;

        if (!slash) /* ".." of "/" is itself */
                return walk->links->root->path[0] ? -EXDEV : 0;
        above = strndup(walk->done, (size_t)(slash - walk->done));
        return walk_enter(walk, root_open_unlinked(walk->links->root, above ?: "/", O_PATH | O_DIRECTORY), above);
}

static int trusted_links_refuse(struct trusted_links *links, uid_t user, const char *path)
{
        free(links->obstacle);
        links->user = user;
        links->obstacle = strdup(path);
        return links->obstacle ? -EACCES : -ENOMEM;
}

int trusted_links_check_mount(struct trusted_links *links, const char *path)
{
        _cleanup_free_ char *whole = NULL;
        const struct mount_point *mount;

        assert(links && links->mounts && path);
        if (asprintf(&whole, "%s%s", links->root->path, path) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        mount = mountinfo_find(links->mounts, whole);
        return mount && mount->user != 0 ? trusted_links_refuse(links, mount->user, path) : 0;
}

int trusted_links_read(struct trusted_links *links, int dir, const char *path, char **ret)
{
        _cleanup_close_ int fd = openat(dir, path_name(path), O_PATH | O_NOFOLLOW | O_CLOEXEC);
        char target[PATH_MAX];
        struct stat st;
        ssize_t n;

        assert(links && ret);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid != 0 && st.st_uid != geteuid())
                return trusted_links_refuse(links, st.st_uid, path);
        n = readlinkat(fd, "", target, sizeof(target));
        if (n <= 0 || n == sizeof(target))
                return n < 0 ? -errno : n > 0 ? -ENAMETOOLONG : -ENOENT;
        *ret = strndup(target, (size_t)n);
        return *ret ? 0 : -ENOMEM;
}

/* Puts where the link @path leads before the names that are left. */
static int walk_follow(struct walk *walk, const char *path)
{
        _cleanup_free_ char *target = NULL;
        char *left;
        int r;

        if (++walk->passed > LINKS_MAX)
                return -ELOOP;
        r = trusted_links_read(walk->links, walk->fd, path, &target);
        if (r < 0)
                return r;
        assert(target);
        if (*target == '/' && walk->links->root->path[0])
                return -EXDEV;
        if (asprintf(&left, "%s%s%s", target, *walk->left ? "/" : "", walk->left) < 0)
                return -ENOMEM;
        free(walk->left);
        walk->left = left;
        return *target == '/' ? walk_begin(walk) : 0;
}

/* Takes the next name off those that are left. Returns: 1, 0 if there is none, or -ENAMETOOLONG. */
static int walk_take_name(struct walk *walk, char name[static NAME_MAX + 1])
{
        const char *begin = walk->left + strspn(walk->left, "/");
        size_t n = strcspn(begin, "/");

        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, begin, n);
        name[n] = '\0';
        memmove(walk->left, begin + n, strlen(begin + n) + 1);
        return n > 0;
}

/* Returns: 0 to go on, 1 if the file at the end is open as @ret, or a negative errno. */
static int walk_step(struct walk *walk, const char *name, int *ret)
{
        bool last = !*walk->left;
        _cleanup_free_ char *path = NULL;
        struct stat st;
        int r;

        if (streq(name, "."))
                return 0;
        if (streq(name, ".."))
                return walk_go_up(walk);
        if (asprintf(&path, "%s/%s", walk->done, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = trusted_links_check_mount(walk->links, path);
        if (r < 0)
                return r;
        if (fstatat(walk->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode) && !(last && (walk->flags & O_NOFOLLOW)))
                return walk_follow(walk, path);
        if (!last || S_ISDIR(st.st_mode))
                return walk_enter(walk,
                                  fd_or_errno(openat(walk->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
                                  TAKE_PTR(path));
        *ret = fd_or_errno(openat(walk->fd, name, walk->flags | O_NOFOLLOW | O_CLOEXEC));
        return *ret < 0 ? *ret : 1;
}

int trusted_links_open(struct trusted_links *links, const char *path, int flags)
{
        _cleanup_(walk_done) struct walk walk = { .links = links, .flags = flags, .fd = -EBADF };
        char name[NAME_MAX + 1];
        int r, fd = -EBADF;

        assert(links && links->root && links->mounts && path);
        walk.left = strdup(path);
        r = walk.left ? walk_begin(&walk) : -ENOMEM;
        if (r < 0)
                return r;
        while ((r = walk_take_name(&walk, name)) > 0) {
                r = walk_step(&walk, name, &fd);
                if (r != 0)
                        return r < 0 ? r : fd;
        }
        if (r < 0)
                return r;
        if (flags == (O_PATH | O_DIRECTORY)) /* as it is open */
                return TAKE_FD(walk.fd);
        return fd_or_errno(openat(walk.fd, ".", flags | O_CLOEXEC));
}
