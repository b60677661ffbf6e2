/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/overlay-probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Looks for the first entry that is there, among those of a directory of which the first @size bytes are in @entries. */
static int overlay_misses_entry(int overlay, const char *entries, size_t size)
{
        const struct dirent64 *entry;
        struct stat st;

        for (size_t i = 0; i < size; i += entry->d_reclen) {
                entry = (const struct dirent64 *)(const void *)(entries + i);
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (fstatat(overlay, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0)
                        return 0;
                if (errno != ENOENT)
                        return errno == EREMOTE ? 1 : -errno;
        }
        return 0;
}

static int layer_open(int layer)
{
        int fd = openat(layer, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);

        if (fd < 0 && errno == EPERM) /* of a user outside of our name space */
                fd = openat(layer, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int overlay_is_blind(int overlay, int layer)
{
        _Alignas(struct dirent64) char entries[1024]; /* of the three longest names */
        int fd = layer_open(layer), r;
        ssize_t n;

        if (fd < 0)
                return fd == -EACCES ? 0 : fd;
        n = syscall(SYS_getdents64, fd, entries, sizeof(entries));
        r = n < 0 ? -errno : overlay_misses_entry(overlay, entries, (size_t)n);
        close(fd);
        return r;
}

int overlay_check(int overlay, int layer)
{
        int r = overlay < 0 ? overlay : overlay_is_blind(overlay, layer);

        if (r == 0)
                return overlay;
        if (overlay >= 0)
                close(overlay);
        return r > 0 ? -EREMOTE : r;
}
