/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "seal.h"

#include "array.h"
#include "attributes.h"
#include "below.h"
#include "io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

struct names {
        char **names;
        size_t n;
};

static void names_done(struct names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->names[i]);
        free(names->names);
}

static int names_add(struct names *names, const char *name)
{
        char **grown = array_grow(names->names, names->n, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        names->names = grown;
        grown[names->n] = strdup(name);
        return grown[names->n] ? (names->n++, 0) : -ENOMEM;
}

/* All at once, so that no directory stays open while those below it are gone through. */
static int names_read(int dir, const char *path, struct names *ret)
{
        _cleanup_(closedirp) DIR *stream = NULL;
        struct dirent *entry;
        int fd, r = 0;

        fd = below_open(dir, path, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        stream = fdopendir(fd);
        if (!stream) {
                r = -errno;
                close(fd);
                return r;
        }
        while (r >= 0 && (errno = 0, entry = readdir(stream)))
                if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
                        r = names_add(ret, entry->d_name);
        return r < 0 ? r : -errno;
}

static bool is_whiteout(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static int remove_whiteout(int dir, const char *path)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        parent = below_open_parent(dir, path, &name);
        if (parent < 0)
                return parent;
        return unlinkat(parent, name, 0) < 0 ? -errno : 0;
}

static int seal_content(int dir, const char *path)
{
        _cleanup_(names_done) struct names names = { 0 };
        int r;

        r = names_read(dir, path, &names);
        for (size_t i = 0; r >= 0 && i < names.n; i++) {
                _cleanup_free_ char *inner = NULL;

                if (asprintf(&inner, "%s/%s", path, names.names[i]) < 0)
                        return -ENOMEM;
                r = seal(dir, inner);
        }
        return r;
}

int seal(int dir, const char *path)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        fd = below_open(dir, path, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (is_whiteout(&st))
                return remove_whiteout(dir, path);
        r = attributes_strip(fd);
        if (r < 0 || !S_ISDIR(st.st_mode))
                return r;
        r = seal_content(dir, path);
        return r < 0 ? r : attributes_set_times(fd, &st);
}

int link_existing(int dir, const char *path, int to_dir, const char *name)
{
        _cleanup_close_ int parent = -EBADF;
        const char *last;

        parent = below_open_parent(dir, path, &last);
        if (parent < 0)
                return parent;
        return linkat(parent, last, to_dir, name, 0) < 0 ? -errno : 0;
}

int replace_by_link(int dir, const char *path, int to_dir, const char *to_path)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;
        struct stat st;
        int r;

        parent = below_open_parent(to_dir, to_path, &name);
        if (parent < 0)
                return parent;
        if (fstat(parent, &st) < 0 || unlinkat(parent, name, 0) < 0)
                return -errno;
        r = link_existing(dir, path, parent, name);
        return r < 0 ? r : attributes_set_times(parent, &st);
}
