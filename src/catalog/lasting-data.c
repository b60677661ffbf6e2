/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/lasting-data.h"

#include "basic/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

/* Returns: 1, 0 or a negative errno. */
static int fd_outlives_boot(int fd)
{
        struct statfs fs;

        if (fstatfs(fd, &fs) < 0)
                return -errno;
        return !(fs.f_flags & ST_RDONLY) && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC;
}

/* Opens the directory in which the state is, or would be made. Returns: a file descriptor or a negative errno. */
static int state_open_nearest(const struct root *root)
{
        static const char *const paths[] = { STATE_DIR, "/var/lib", "/var", "/" };
        int fd = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(paths) && fd == -ENOENT; i++)
                fd = root_open_present(root, paths[i], O_PATH | O_DIRECTORY);
        return fd;
}

int lasting_state_is_there(const struct root *root)
{
        _cleanup_close_ int fd = state_open_nearest(root);

        assert(root);
        return fd < 0 ? fd : fd_outlives_boot(fd);
}

int lasting_state_is_read_only(const struct root *root)
{
        _cleanup_close_ int fd = state_open_nearest(root);
        struct statfs fs;

        assert(root);
        if (fd < 0 || fstatfs(fd, &fs) < 0)
                return fd < 0 ? fd : -errno;
        return (fs.f_flags & ST_RDONLY) != 0;
}

/* ---- Data ---- */

static int directory_find_lasting(int fd, const char *path, char **ret);

/* Returns: as lasting_data_find(). */
static int fd_find_lasting(int fd, const char *path, char **ret)
{
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return directory_find_lasting(fd, path, ret);
        r = fd_outlives_boot(fd);
        if (r <= 0)
                return r;
        return str_replace(ret, path) < 0 ? -ENOMEM : 1;
}

static int entry_find_lasting(int dir, const char *name, const char *path, char **ret)
{
        _cleanup_close_ int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno; /* removed since it was listed */
        return fd_find_lasting(fd, path, ret);
}

static int directory_find_lasting(int fd, const char *path, char **ret)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int readable, r = 0;

        readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = readable < 0 ? NULL : fdopendir(readable);
        if (!dir) {
                r = -errno;
                fd_closep(&readable);
                return r;
        }
        while (r == 0 && (errno = 0, entry = readdir(dir))) {
                _cleanup_free_ char *below = NULL;

                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                r = path_join(path, entry->d_name, &below);
                if (r >= 0)
                        r = entry_find_lasting(fd, entry->d_name, below, ret);
        }
        return r == 0 && !entry ? -errno : r;
}

/* A link to nowhere is an error: what it leads to may not be mounted. */
static int path_find_lasting(const struct root *root, const char *path, char **ret)
{
        _cleanup_close_ int fd = root_open_present(root, path, O_PATH);

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        return fd < 0 ? fd : fd_find_lasting(fd, path, ret);
}

int lasting_data_find(const struct root *root, const struct catalog *catalog, char **ret, struct error *error)
{
        _cleanup_strv_ struct strv paths = { 0 };
        int r = 0;

        assert(root && catalog);
        assert(ret);

        for (size_t i = 0; r >= 0 && i < catalog->n_migrations; i++)
                r = catalog_list_writes(catalog, &catalog->migrations[i], &paths);
        strv_sort(&paths);
        for (size_t i = 0; r == 0 && i < paths.n; i++) {
                if (i > 0 && streq(paths.list[i], paths.list[i - 1]))
                        continue;
                r = path_find_lasting(root, paths.list[i], ret);
                if (r < 0 && r != -ENOMEM)
                        return error_errnof(error, r, "can't tell whether %s%s has data", root->path, paths.list[i]);
        }
        return r;
}
