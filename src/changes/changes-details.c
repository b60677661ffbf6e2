/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-details.h"

#include <fcntl.h>
#include <limits.h>

static int details_read_target(int fd, struct change_details *ret)
{
        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, "", target, sizeof(target));

        if (n < 0)
                return -errno;
        ret->target = strndup(target, (size_t)n);
        return ret->target ? 0 : -ENOMEM;
}

static int details_read_xattrs(int fd, struct change_details *ret)
{
        struct attributes attributes = { 0 };
        int r = attributes_read(fd, &attributes);

        if (r < 0)
                return r;
        ret->xattrs = attributes.xattrs;
        ret->n_xattrs = attributes.n_xattrs;
        return 0;
}

static int details_read(struct beneath_trail *trail, const char *path, const struct stat *st,
                        struct change_details *ret)
{
        _cleanup_close_ int fd = beneath_trail_open(trail, path, O_PATH | O_NOFOLLOW);
        int r = 0;

        if (fd < 0)
                return fd;
        if (S_ISLNK(st->st_mode))
                r = details_read_target(fd, ret);
        return r < 0 ? r : details_read_xattrs(fd, ret);
}

/* A removed tree can be large, and of most of its files a stat says all. */
static bool change_needs_details(const struct change *change)
{
        return change->kind != CHANGE_ENTRIES && !change->original.known &&
               !(change->kind == CHANGE_REMOVE && change->inner && !S_ISLNK(change->before.st_mode));
}

static int change_read_details(struct layer_trails *trails, struct change *change)
{
        int r = 0;

        if (change->before.st_mode)
                r = details_read(&trails->lower, change_old_path(change), &change->before, &change->details_before);
        if (r >= 0 && change->after.st_mode)
                r = details_read(&trails->upper, change->path, &change->after, &change->details_after);
        return r;
}

int changes_read_details(const struct changes_request *request, struct layer_trails *trails, struct changes *changes,
                         struct error *error)
{
        assert(request && trails && changes);
        for (size_t i = 0; i < changes->n; i++) {
                struct change *change = &changes->changes[i];
                int r = change_needs_details(change) ? change_read_details(trails, change) : 0;

                if (r < 0)
                        return changes_explain(request, change->path, r, error);
        }
        return 0;
}
