/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/io.h"

#include <sha256.h>

int io_read_all(int fd, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *data = NULL;
        size_t size = 0, allocated = 0;

        assert(ret);
        assert(ret_size);

        for (;;) {
                ssize_t n;

                if (size + 1 >= allocated) {
                        size_t wanted = allocated ? allocated * 2 : 4096;
                        char *grown = realloc(data, wanted);

                        if (!grown)
                                return -ENOMEM;
                        data = grown;
                        allocated = wanted;
                }
                n = read(fd, data + size, allocated - size - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
                if (size > max)
                        return -EFBIG;
        }

        data[size] = '\0';
        *ret = TAKE_PTR(data);
        *ret_size = size;
        return 0;
}

int io_write_all(int fd, const void *data, size_t size)
{
        const char *p = data;

        assert(data);

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                p += n;
                size -= (size_t)n;
        }
        return 0;
}

int io_sha256(int fd, char ret[static 65])
{
        SHA2_CTX sha;
        uint8_t block[8192];
        off_t offset = 0;
        ssize_t n;

        SHA256Init(&sha);
        while ((n = pread(fd, block, sizeof(block), offset)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                SHA256Update(&sha, block, (size_t)n);
                offset += n;
        }
        SHA256End(&sha, ret);
        return 0;
}

int io_sync(int fd)
{
        return fsync(fd) < 0 ? -errno : 0;
}

int io_check_trusted(const struct stat *st, const char **ret_reason)
{
        const char *reason = NULL;

        assert(st);
        assert(ret_reason);

        if (st->st_uid != 0)
                reason = "isn't owned by root";
        else if (st->st_mode & S_IWOTH)
                reason = "is writable by everyone";
        else if ((st->st_mode & S_IWGRP) && st->st_gid != 0)
                reason = "is writable by a group other than root";
        if (!reason || geteuid() != 0)
                return 0;

        *ret_reason = reason;
        return -EPERM;
}
