/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/trusted-directory.h"

#include "basic/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

int trusted_file_explain(int code, const char *path, struct error *error)
{
        return error_setf(error, code, "%s: %s; try again, or repair it or reinstall the package", path,
                          strerror(-code));
}

static int trusted_directory_explain(int code, const char *path, struct error *error)
{
        if (code == -ENOENT)
                return code;
        if (code == -ELOOP || code == -ENOTDIR)
                return error_setf(
                        error, code,
                        "%s: must be a directory, not a file or a symbolic link; replace it, or reinstall the package",
                        path);
        if (code == -EXDEV)
                return error_setf(error, code, "%s: a symbolic link leads out of the root directory", path);
        return trusted_file_explain(code, path, error);
}

/* Checks @directory, which it takes over; its fd may be the errno of opening it. */
static int trusted_directory_adopt(struct trusted_directory directory, struct trusted_directory *ret,
                                   struct error *error)
{
        _cleanup_trusted_directory_ struct trusted_directory adopted = directory;
        const char *reason;
        struct stat st;

        if (adopted.fd < 0)
                return trusted_directory_explain(adopted.fd, adopted.path, error);
        if (fstat(adopted.fd, &st) < 0)
                return trusted_directory_explain(-errno, adopted.path, error);
        if (trusted_directory_check(&adopted, &st, &reason) < 0)
                return error_setf(error, -EPERM,
                                  "%s: the directory %s; chown it to root and remove write permission for others",
                                  adopted.path, reason);

        *ret = adopted;
        adopted = (struct trusted_directory)TRUSTED_DIRECTORY_NONE;
        return 0;
}

int trusted_directory_open(const struct root *root, const char *path, struct trusted_directory *ret,
                           struct error *error)
{
        struct trusted_directory directory = { 0 };

        assert(root);
        assert(path);
        assert(ret);

        directory.n_root = strlen(root->path);
        if (asprintf(&directory.path, "%s%s", root->path, path) < 0)
                return -ENOMEM;
        directory.fd = root_open_present(root, path, O_RDONLY | O_DIRECTORY);
        return trusted_directory_adopt(directory, ret, error);
}

int trusted_directory_open_source(const char *path, struct trusted_directory *ret, struct error *error)
{
        struct trusted_directory directory = { .is_source = true };

        assert(path);
        assert(ret);

        directory.path = strdup(path);
        if (!directory.path)
                return -ENOMEM;
        directory.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory.fd < 0)
                directory.fd = -errno;
        return trusted_directory_adopt(directory, ret, error);
}

int trusted_directory_open_at(const struct trusted_directory *parent, const char *name, struct trusted_directory *ret,
                              struct error *error)
{
        struct trusted_directory directory = { 0 };

        assert(parent && parent->fd >= 0);
        assert(name);
        assert(ret);

        directory.n_root = parent->n_root;
        directory.is_source = parent->is_source;
        if (asprintf(&directory.path, "%s/%s", parent->path, name) < 0)
                return -ENOMEM;
        directory.fd = openat(parent->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (directory.fd < 0)
                directory.fd = -errno;
        return trusted_directory_adopt(directory, ret, error);
}

int trusted_directory_check(const struct trusted_directory *directory, const struct stat *st, const char **ret_reason)
{
        assert(directory);

        return directory->is_source ? 0 : io_check_trusted(st, ret_reason);
}

static int trusted_directory_read_names(struct trusted_directory *directory, DIR *dir)
{
        for (;;) {
                const struct dirent *entry;
                int r;

                errno = 0;
                entry = readdir(dir);
                if (!entry)
                        return -errno;
                if (entry->d_name[0] == '.')
                        continue;
                r = strv_add(&directory->names, entry->d_name);
                if (r < 0)
                        return r;
        }
}

int trusted_directory_read(struct trusted_directory *directory, struct error *error)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        assert(directory && directory->fd >= 0);

        fd = fcntl(directory->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0)
                dir = fdopendir(fd);
        if (!dir)
                return trusted_directory_explain(-errno, directory->path, error);
        TAKE_FD(fd);

        r = trusted_directory_read_names(directory, dir);
        if (r < 0)
                return trusted_directory_explain(r, directory->path, error);
        strv_sort(&directory->names);
        return 0;
}

bool trusted_directory_has(const struct trusted_directory *directory, const char *name)
{
        assert(directory);

        return strv_has(&directory->names, name);
}

void trusted_directory_done(struct trusted_directory *directory)
{
        assert(directory);

        fd_closep(&directory->fd);
        free(directory->path);
        strv_done(&directory->names);
        *directory = (struct trusted_directory)TRUSTED_DIRECTORY_NONE;
}

int trusted_directory_join(const struct trusted_directory *directory, const char *name, char **ret)
{
        char *path;

        assert(directory && directory->path);
        assert(name);
        assert(ret);

        if (asprintf(&path, "%s/%s", directory->path + directory->n_root, name) < 0)
                return -ENOMEM;
        *ret = path;
        return 0;
}

int trusted_directory_look_for(const struct trusted_directory *directory, const char *name, struct error *error)
{
        struct stat st;

        assert(directory);
        assert(name);

        if (fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW) >= 0)
                return 1;
        return errno == ENOENT ? 0 : error_errnof(error, -errno, "%s/%s", directory->path, name);
}

int trusted_directory_check_file(const struct trusted_directory *directory, const char *name, const struct stat *st,
                                 struct error *error)
{
        const char *reason;

        assert(directory);
        assert(name);
        assert(st);

        if (!S_ISREG(st->st_mode))
                return error_setf(
                        error, -EBADMSG,
                        "%s/%s: must be a regular file, not a symbolic link or anything else; replace it, or reinstall the package",
                        directory->path, name);
        if (trusted_directory_check(directory, st, &reason) < 0)
                return error_setf(error, -EPERM, "%s/%s: %s; chown it to root and remove write permission for others",
                                  directory->path, name, reason);
        return 0;
}

/* More than four parameters: they are those of io_read_all(), and where the file is. */
int trusted_directory_read_file(const struct trusted_directory *directory, const struct trusted_file *file, char **ret,
                                size_t *ret_size, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *path = NULL;
        struct stat st;
        int r;

        assert(directory);
        assert(file && file->name);

        if (asprintf(&path, "%s/%s", directory->path, file->name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        /* O_NONBLOCK: opening a fifo must not wait. */
        fd = openat(directory->fd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ELOOP)
                return error_setf(
                        error, -ELOOP,
                        "%s: must be a regular file, not a symbolic link; replace it, or reinstall the package", path);
        if (fd < 0 || fstat(fd, &st) < 0)
                return trusted_file_explain(-errno, path, error);
        r = trusted_directory_check_file(directory, file->name, &st, error);
        if (r < 0)
                return r;
        r = io_read_all(fd, file->size_max, ret, ret_size);
        return r < 0 ? trusted_file_explain(r, path, error) : 0;
}
