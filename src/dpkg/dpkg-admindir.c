/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-admindir.h"

#include <fcntl.h>
#include <stdio.h>

#define DEFAULT_ADMINDIR "/var/lib/dpkg"

static int text_join(const char *directory, const char *name, char **ret)
{
        char *path;

        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        *ret = path;
        return 0;
}

int dpkg_admindir_init(struct dpkg_admindir *admindir, const struct root *root, const char *override)
{
        assert(admindir);
        assert(root || override);

        *admindir = (struct dpkg_admindir){ .root = override ? NULL : root };
        return override ? str_replace(&admindir->path, override)
                        : text_join(root->path, &DEFAULT_ADMINDIR[1], &admindir->path);
}

void dpkg_admindir_done(struct dpkg_admindir *admindir)
{
        free(admindir->path);
}

int dpkg_admindir_join(const struct dpkg_admindir *admindir, const char *name, char **ret)
{
        assert(admindir && admindir->path);
        assert(name);
        assert(ret);

        return text_join(admindir->path, name, ret);
}

int dpkg_admindir_open(const struct dpkg_admindir *admindir, const char *name, int flags)
{
        _cleanup_free_ char *path = NULL;
        int fd, r;

        assert(admindir && admindir->path);
        assert(name);

        r = text_join(admindir->root ? DEFAULT_ADMINDIR : admindir->path, name, &path);
        if (r < 0)
                return r;
        if (admindir->root)
                return root_open(admindir->root, path, flags);

        fd = open(path, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int dpkg_admindir_is_empty(const struct dpkg_admindir *admindir)
{
        static const char *const names[] = { "status", "status-old", "info" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_close_ int fd = dpkg_admindir_open(admindir, names[i], O_PATH | O_NOFOLLOW);

                if (fd != -ENOENT)
                        return fd < 0 ? fd : 0;
        }
        return 1;
}

int dpkg_admindir_explain(const struct dpkg_admindir *admindir, const char *name, int code, struct error *error)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = dpkg_admindir_join(admindir, name, &path);
        return r < 0 ? r : dpkg_file_explain(path, code, error);
}

int dpkg_file_explain(const char *path, int code, struct error *error)
{
        return error_setf(error, code, "can't read %s: %s; try again, or repair it or restore it from /var/backups",
                          path, strerror(-code));
}
