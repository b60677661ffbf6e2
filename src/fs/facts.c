/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/facts.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#define NSEC_PER_SEC INT64_C(1000000000)

static struct timespec statx_get_time(const struct statx_timestamp *time)
{
        return (struct timespec){ .tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec };
}

static struct stat statx_get_stat(const struct statx *st)
{
        return (struct stat){
                .st_dev = makedev(st->stx_dev_major, st->stx_dev_minor),
                .st_ino = st->stx_ino,
                .st_mode = st->stx_mode,
                .st_nlink = st->stx_nlink,
                .st_uid = st->stx_uid,
                .st_gid = st->stx_gid,
                .st_rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor),
                .st_size = (off_t)st->stx_size,
                .st_blksize = (blksize_t)st->stx_blksize,
                .st_blocks = (blkcnt_t)st->stx_blocks,
                .st_atim = statx_get_time(&st->stx_atime),
                .st_mtim = statx_get_time(&st->stx_mtime),
                .st_ctim = statx_get_time(&st->stx_ctime),
        };
}

int facts_read(int fd, struct facts *ret)
{
        struct statx st;

        assert(fd >= 0 && ret);
        if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
                return -errno;
        *ret = (struct facts){
                .st = statx_get_stat(&st),
                .born = st.stx_mask & STATX_BTIME ? st.stx_btime.tv_sec * NSEC_PER_SEC + st.stx_btime.tv_nsec : 0,
                .fixed = st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND),
        };
        return 0;
}
