/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-log-file.h"

#include "dpkg/deb-version.h"

#include <fcntl.h>
#include <stddef.h>
#include <zlib.h>

DEFINE_CLEANUP(gzFile, gzclose);

/* Lines that matter are much shorter; the rest of a longer line is skipped. */
#define LINE_SIZE 4096

/* Each line begins with the time. */
#define STAMP       "0000-00-00 00:00:00 "
#define STAMP_SIZE  (sizeof(STAMP) - 1)
#define STAMP_COLON 13 /* where its first colon is */

static bool text_begins_with_stamp(const char *text)
{
        for (size_t i = 0; i < STAMP_SIZE; i++)
                if (STAMP[i] == '0' ? !char_is_digit(text[i]) : text[i] != STAMP[i])
                        return false;
        return true;
}

/* A second time in a line is that of the next one: the end of the first is gone. */
static bool log_line_is_intact(const char *line)
{
        const char *p = line + STAMP_SIZE;

        if (!*line)
                return true; /* nothing can be missing from it */
        if (!text_begins_with_stamp(line))
                return false;
        while ((p = strchr(p, ':'))) {
                if (p - line >= (ptrdiff_t)(STAMP_SIZE + STAMP_COLON) && text_begins_with_stamp(p - STAMP_COLON))
                        return false;
                p++;
        }
        return true;
}

/* Returns: 1 with the next line, or as much of it as there is room for, in @line; 0 at the end; or a negative errno. */
static int gz_read_line(gzFile file, char line[static LINE_SIZE])
{
        for (bool begin = true;; begin = false) {
                char rest[LINE_SIZE], *part = begin ? line : rest;
                size_t n;

                errno = 0;
                if (!gzgets(file, part, LINE_SIZE))
                        return begin ? 0 : -EAGAIN;
                n = strlen(part); /* up to a NUL, if one is in it: then it has no newline either */
                if (n > 0 && part[n - 1] == '\n') {
                        part[n - 1] = '\0';
                        return 1;
                }
                if (n < LINE_SIZE - 1)
                        return gzeof(file) ? -EAGAIN : -EBADMSG;
        }
}

static int gz_read_lines(gzFile file, const struct dpkg_log_reader *reader, size_t *number)
{
        char line[LINE_SIZE];
        int r;

        for (*number = 1; (r = gz_read_line(file, line)) > 0; (*number)++) {
                r = log_line_is_intact(line) ? reader->take_line(line, reader->userdata) : -EBADMSG;
                if (r < 0)
                        break;
        }
        return r;
}

static bool path_is_compressed(const char *path)
{
        size_t n = strlen(path);

        return n > 3 && streq(path + n - 3, ".gz");
}

/* Returns: 0, or a negative errno with the reason in @ret_reason if the errno doesn't tell it. */
static int gz_check(gzFile file, const char *path, const char **ret_reason)
{
        int zerror;

        (void)gzerror(file, &zerror);
        switch (zerror) {
        case Z_OK:
        case Z_STREAM_END:
                if (!path_is_compressed(path) || !gzdirect(file))
                        return 0;
                *ret_reason = "isn't compressed, though its name says so";
                return -EBADMSG;
        case Z_ERRNO:
                return errno > 0 ? -errno : -EIO;
        case Z_MEM_ERROR:
                return -ENOMEM;
        case Z_BUF_ERROR:
                *ret_reason = "was cut short";
                return -EBADMSG;
        default:
                *ret_reason = "is damaged";
                return -EBADMSG;
        }
}

static int gz_open(const struct root *root, const char *path, gzFile *ret)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        gzFile file;

        /* O_NONBLOCK: opening a fifo must not wait. */
        fd = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISFIFO(st.st_mode))
                return -EINVAL; /* it would look empty */
        file = gzdopen(fd, "r");
        if (!file)
                return -ENOMEM;

        (void)TAKE_FD(fd);
        *ret = file;
        return 0;
}

int dpkg_log_file_read(const struct root *root, const char *path, const struct dpkg_log_reader *reader,
                       struct error *error)
{
        _cleanup_(gzclosep) gzFile file = NULL;
        const char *reason = NULL;
        size_t number;
        int r, q;

        assert(root);
        assert(path);
        assert(reader && reader->take_line);

        r = gz_open(root, path, &file);
        if (r < 0)
                return error_errnof(error, r, "can't open %s%s", root->path, path);
        r = gz_read_lines(file, reader, &number);
        q = gz_check(file, path, &reason);
        if (reason)
                return error_setf(error, q, "%s%s: %s", root->path, path, reason);
        if (q < 0)
                return error_errnof(error, q, "can't read %s%s", root->path, path);
        if (r == -EAGAIN)
                return error_setf(error, r, "%s%s:%zu: the file ends in the middle of this line", root->path, path,
                                  number);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s%s:%zu: this isn't a line that dpkg wrote", root->path, path, number);
        return r < 0 ? error_errnof(error, r, "can't read %s%s", root->path, path) : 0;
}
