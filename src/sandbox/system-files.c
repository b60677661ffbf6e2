/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/system-files.h"

#include "basic/array.h"
#include "basic/path.h"

#include <fcntl.h>
#include <sys/mount.h>

#define RESOLVER    "/etc/resolv.conf"
#define SYSTEMD_DIR "/run/systemd"

void system_files_done(struct system_files *files)
{
        for (size_t i = 0; i < files->n; i++) {
                free(files->files[i].path);
                fd_closep(&files->files[i].fd);
        }
        free(files->files);
        *files = (struct system_files){ 0 };
}

/* Returns: a mount of the open file @fd, or a negative errno. */
static int system_file_clone(int fd)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
                                               MOUNT_ATTR_NOEXEC };
        _cleanup_close_ int clone = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                return -errno;
        return TAKE_FD(clone);
}

/* Takes @file, also on failure. */
static int system_files_take(struct system_files *files, struct system_file *file)
{
        struct system_file *grown = array_grow(files->files, files->n, sizeof(*grown));

        if (!grown) {
                free(file->path);
                fd_closep(&file->fd);
                return -ENOMEM;
        }
        files->files = grown;
        grown[files->n++] = *file;
        return 0;
}

static int system_files_add_open(struct system_files *files, int fd)
{
        struct system_file file = { .fd = -EBADF };
        int r;

        r = fd_get_path(fd, &file.path);
        if (r < 0)
                return r;
        file.fd = system_file_clone(fd);
        if (file.fd < 0) {
                free(file.path);
                return file.fd;
        }
        return system_files_take(files, &file);
}

/* Returns: 1, 0 if there is none at @path, or a negative errno: -ENOTSOCK if it is something else. */
static int system_files_add_socket(struct system_files *files, const struct root *root, const char *path)
{
        _cleanup_close_ int fd = root_open(root, path, O_PATH);
        struct stat st;
        int r;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        r = S_ISSOCK(st.st_mode) ? system_files_add_open(files, fd) : -ENOTSOCK;
        return r < 0 ? r : 1;
}

static int system_files_add_path(struct system_files *files, const struct root *root, const char *path,
                                 struct error *error)
{
        const char *resolved;
        int r;

        r = system_files_add_socket(files, root, path);
        if (r == -ENOTSOCK)
                return error_setf(error, r, "can't connect to %s%s: it isn't a socket; name sockets in \"connect\"",
                                  root->path, path);
        if (r <= 0)
                return r < 0 ? error_errnof(error, r, "can't let %s%s into the sandbox", root->path, path) : 0;
        resolved = str_startswith(files->files[files->n - 1].path, root->path);
        files->systemd |= resolved && path_is_within(resolved, SYSTEMD_DIR);
        return 0;
}

int system_files_add(struct system_files *files, const struct root *root, char *const *paths, struct error *error)
{
        int r = 0;

        assert(files);
        assert(root);

        for (char *const *path = paths; r >= 0 && path && *path; path++)
                r = system_files_add_path(files, root, *path, error);
        return r;
}

int system_files_add_resolver(struct system_files *files, struct error *error)
{
        _cleanup_close_ int fd = open(RESOLVER, O_PATH | O_CLOEXEC);
        _cleanup_free_ char *path = NULL;
        int r;

        assert(files);

        if (fd < 0)
                return errno == ENOENT ? 0 : error_errnof(error, -errno, "can't open " RESOLVER);
        r = fd_get_path(fd, &path);
        if (r >= 0 && !streq(path, RESOLVER))
                r = system_files_add_open(files, fd);
        return r < 0 ? error_errnof(error, r, "can't let " RESOLVER " into the sandbox") : 0;
}
