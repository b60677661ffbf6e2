/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/content.h"

#include "basic/io.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

/* What is read at once. */
#define CHUNK ((size_t)256 * 1024)

/* ---- Data and holes -------------------------------------------------------------------------- */

static off_t offset_min(off_t a, off_t b)
{
        return a < b ? a : b;
}

/* Returns: the offset of the next data (@whence is SEEK_DATA) or hole (SEEK_HOLE) from @offset on, @size if there is none, or a negative errno. */
static off_t content_seek(int fd, off_t offset, int whence, off_t size)
{
        off_t next = lseek(fd, offset, whence);

        if (next < 0 && errno == EINVAL) /* the file system doesn't support holes */
                next = whence == SEEK_DATA ? offset : size;
        else if (next < 0 && errno == ENXIO)
                next = size;
        else if (next < 0)
                return -errno;
        return offset_min(next, size);
}

/* Reads @size bytes, less only at the end of the file. */
static ssize_t content_read_at(int fd, void *buffer, size_t size, off_t offset)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = pread(fd, (char *)buffer + done, size - done, offset + (off_t)done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                done += (size_t)n;
        }
        return (ssize_t)done;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

struct comparison {
        int a, b;
        off_t size;
        char *buffer; /* for one chunk of each */
};

static int comparison_compare_chunk(const struct comparison *comparison, off_t offset, size_t size)
{
        char *data_a = comparison->buffer, *data_b = comparison->buffer + size;
        ssize_t n, m;

        n = content_read_at(comparison->a, data_a, size, offset);
        if (n < 0)
                return (int)n;
        m = content_read_at(comparison->b, data_b, size, offset);
        if (m < 0)
                return (int)m;
        return (size_t)n == size && (size_t)m == size && memcmp(data_a, data_b, size) == 0;
}

static int comparison_compare_all(const struct comparison *comparison)
{
        off_t offset = 0;

        for (;;) {
                off_t a = content_seek(comparison->a, offset, SEEK_DATA, comparison->size);
                off_t b = content_seek(comparison->b, offset, SEEK_DATA, comparison->size);
                size_t size;
                int r;

                offset = offset_min(a, b);
                if (offset < 0)
                        return (int)offset;
                if (offset == comparison->size)
                        return 1;

                size = (size_t)offset_min(comparison->size - offset, CHUNK);
                r = comparison_compare_chunk(comparison, offset, size);
                if (r <= 0)
                        return r;
                offset += (off_t)size;
        }
}

int content_equal(int a, int b)
{
        struct stat st_a, st_b;

        if (fstat(a, &st_a) < 0 || fstat(b, &st_b) < 0)
                return -errno;
        if (st_a.st_size != st_b.st_size)
                return 0;
        if (st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino)
                return 1;
        return content_equal_size(a, b, st_a.st_size);
}

int content_equal_size(int a, int b, off_t size)
{
        struct comparison comparison = { .a = a, .b = b, .size = size };
        size_t chunk = (size_t)offset_min(size, CHUNK);
        _cleanup_free_ char *buffer = NULL;

        if (size == 0)
                return 1;
        comparison.buffer = buffer = malloc(chunk * 2);
        if (!buffer)
                return -ENOMEM;
        /* In a small file, looking for holes costs more than reading them. */
        return chunk < CHUNK ? comparison_compare_chunk(&comparison, 0, chunk) : comparison_compare_all(&comparison);
}

/* ---- Copying --------------------------------------------------------------------------------- */

struct transfer {
        int from, to;
        char *buffer;
};

static int transfer_copy_range(const struct transfer *transfer, off_t begin, off_t end)
{
        while (begin < end) {
                ssize_t n = content_read_at(transfer->from, transfer->buffer, (size_t)offset_min(end - begin, CHUNK),
                                            begin);
                int r;

                if (n <= 0)
                        return (int)n;
                if (lseek(transfer->to, begin, SEEK_SET) < 0)
                        return -errno;
                r = io_write_all(transfer->to, transfer->buffer, (size_t)n);
                if (r < 0)
                        return r;
                begin += n;
        }
        return 0;
}

static int transfer_copy_all(const struct transfer *transfer, off_t size)
{
        off_t end = 0;

        for (;;) {
                off_t begin = content_seek(transfer->from, end, SEEK_DATA, size);
                int r;

                if (begin < 0 || begin == size)
                        return begin < 0 ? (int)begin : 0;
                end = content_seek(transfer->from, begin, SEEK_HOLE, size);
                r = end < 0 ? (int)end : transfer_copy_range(transfer, begin, end);
                if (r < 0)
                        return r;
        }
}

int content_copy(int from, int to)
{
        _cleanup_free_ char *buffer = NULL;
        struct stat st;

        if (ioctl(to, FICLONE, from) == 0)
                return 0;

        /* The new size makes the whole file one hole, into which the data is written. */
        if (fstat(from, &st) < 0 || ftruncate(to, st.st_size) < 0)
                return -errno;
        buffer = malloc(CHUNK);
        if (!buffer)
                return -ENOMEM;
        return transfer_copy_all(&(struct transfer){ .from = from, .to = to, .buffer = buffer }, st.st_size);
}
