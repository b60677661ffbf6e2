/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/overlay-strip.h"

#include "fs/attributes.h"
#include "fs/beneath.h"

#include <fcntl.h>

/* The times of its directory stay. */
static int remove_whiteout(const struct beneath_entry *entry)
{
        struct stat st;

        if (fstat(entry->parent, &st) < 0 || unlinkat(entry->parent, entry->name, 0) < 0)
                return -errno;
        return attributes_set_times(entry->parent, &st);
}

static int overlay_strip_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        (void)userdata;
        if (step == BENEATH_LEAVE)
                return 0;
        fd = beneath_open(entry->parent, entry->name, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        return stat_is_whiteout(&st) ? remove_whiteout(entry) : attributes_strip(fd);
}

int overlay_strip(int dir, const char *path)
{
        assert(dir >= 0 && path);
        return beneath_walk(&(struct beneath_walk){ .dir = dir, .path = path, .visit = overlay_strip_entry }, NULL);
}

int overlay_strip_link(int dir, const char *path, int to_dir, const char *name)
{
        _cleanup_close_ int parent = -EBADF;
        const char *last;

        assert(path && name);
        parent = beneath_open_parent(dir, path, &last);
        if (parent < 0)
                return parent;
        return linkat(parent, last, to_dir, name, 0) < 0 ? -errno : 0;
}

int overlay_strip_relink(int dir, const char *path, int to_dir, const char *to_path)
{
        _cleanup_close_ int parent = -EBADF;
        const char *name;
        struct stat st;
        int r;

        assert(path && to_path);
        parent = beneath_open_parent(to_dir, to_path, &name);
        if (parent < 0)
                return parent;
        if (fstat(parent, &st) < 0 || unlinkat(parent, name, 0) < 0)
                return -errno;
        r = overlay_strip_link(dir, path, parent, name);
        return r < 0 ? r : attributes_set_times(parent, &st);
}
