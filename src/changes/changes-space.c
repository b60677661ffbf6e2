/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-space.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#define BLOCK_SIZE 512U /* of st_blocks, for any file system */

/* Of a file with several names each counts in part. */
static uint64_t change_get_size(const struct change *change)
{
        if ((change->kind != CHANGE_CREATE && change->kind != CHANGE_REPLACE) || !S_ISREG(change->after.st_mode))
                return 0;
        return (uint64_t)change->after.st_blocks * BLOCK_SIZE /
               (change->after.st_nlink > 0 ? change->after.st_nlink : 1);
}

static int area_check_space(const struct area *area, uint64_t needed, struct error *error)
{
        struct statvfs fs;
        uint64_t free_bytes;

        if (fstatvfs(area->fd, &fs) < 0)
                return error_errnof(error, -errno, "can't look at the file system of %s", area->path);
        free_bytes = (uint64_t)fs.f_bfree * fs.f_frsize;
        if (needed <= free_bytes)
                return 0;
        return error_setf(error, -ENOSPC,
                          "%s needs at least %" PRIu64 " KiB, and its file system has %" PRIu64
                          " KiB free; make room there",
                          area->path, needed / 1024, free_bytes / 1024);
}

int changes_check_space(const struct stage *stage, const struct changes *changes, struct error *error)
{
        struct stat own, st;

        assert(stage);
        assert(changes);

        if (fstat(stage->dir, &own) < 0)
                return error_errnof(error, -errno, "can't look at %s", stage->path);
        for (size_t i = 0; i < stage->areas->n; i++) {
                const struct area *area = &stage->areas->areas[i];
                uint64_t needed = 0;
                int r;

                if (fstat(area->fd, &st) < 0)
                        return error_errnof(error, -errno, "can't look at %s", area->path);
                for (size_t k = 0; st.st_dev != own.st_dev && k < changes->n; k++)
                        if (changes->changes[k].area == i)
                                needed += change_get_size(&changes->changes[k]);
                r = area_check_space(area, needed, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
