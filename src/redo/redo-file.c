/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-file.h"

#include "basic/io.h"
#include "redo/redo-from-json.h"
#include "redo/redo-to-json.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <zlib.h>

/* ---- Writing ---- */

struct redo_writer {
        FILE *stream;
        unsigned long crc;
        size_t n_lines;
        struct redo_paths above;
        struct json_text line; /* the next one */
};

static int redo_writer_put_line(struct redo_writer *writer)
{
        const struct json_text *line = &writer->line;

        if (line->failed)
                return -ENOMEM;
        writer->crc = crc32_z(writer->crc, (const unsigned char *)line->data, line->size);
        writer->n_lines++;
        if (fwrite(line->data, 1, line->size, writer->stream) != line->size || putc('\n', writer->stream) == EOF)
                return -errno;
        json_text_clear(&writer->line);
        return 0;
}

static int redo_writer_put_end(struct redo_writer *writer)
{
        return fprintf(writer->stream, "{\"end\":%zu,\"crc\":\"%08lx\"}\n", writer->n_lines, writer->crc) < 0 ? -errno
                                                                                                              : 0;
}

static int redo_writer_put_head(struct redo_writer *writer, const struct redo *redo)
{
        int r;

        redo_header_to_json(redo, &writer->line);
        r = redo_writer_put_line(writer);
        for (size_t i = 0; r >= 0 && i < redo->n_areas; i++) {
                redo_area_to_json(&redo->areas[i], &writer->line);
                r = redo_writer_put_line(writer);
        }
        for (size_t i = 0; r >= 0 && i < redo->changes.n; i++) {
                redo_change_to_json(&redo->changes.changes[i], &writer->above, &writer->line);
                r = redo_writer_put_line(writer);
        }
        return r;
}

static int redo_writer_put_steps(struct redo_writer *writer, const struct redo *redo)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < redo->n_renames; i++) {
                redo_rename_to_json(&redo->renames[i], &writer->above, &writer->line);
                r = redo_writer_put_line(writer);
        }
        for (size_t i = 0; r >= 0 && i < redo->n_metas; i++) {
                redo_meta_to_json(&redo->metas[i], &writer->above, &writer->line);
                r = redo_writer_put_line(writer);
        }
        for (size_t i = 0; r >= 0 && i < redo->n_census; i++) {
                redo_census_to_json(&redo->census[i], &writer->above, &writer->line);
                r = redo_writer_put_line(writer);
        }
        return r;
}

static int redo_writer_put(struct redo_writer *writer, const struct redo *redo)
{
        int r = redo_writer_put_head(writer, redo);

        if (r >= 0)
                r = redo_writer_put_steps(writer, redo);
        return r < 0 ? r : redo_writer_put_end(writer);
}

/* Closes @fd. */
static int redo_write_fd(const struct redo *redo, int fd)
{
        struct redo_writer writer = { .stream = fdopen(fd, "w") };
        int r;

        if (!writer.stream) {
                r = -errno;
                close(fd);
                return r;
        }
        r = redo_writer_put(&writer, redo);
        json_text_done(&writer.line);
        if (fclose(writer.stream) == EOF && r >= 0)
                r = -errno;
        return r;
}

int redo_write_unsynced(const struct redo *redo, int dir, const char *name)
{
        int fd, r;

        assert(redo && redo->id && dir >= 0 && name);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = redo_write_fd(redo, fd);
        if (r < 0)
                (void)unlinkat(dir, name, 0);
        return r;
}

static int redo_sync(int dir, const char *name)
{
        _cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int redo_write(const struct redo *redo, int dir, const char *name)
{
        assert(redo && dir >= 0 && name);
        static const char unfinished[] = "unfinished.jsonl";
        int r;

        r = redo_write_unsynced(redo, dir, unfinished);
        if (r >= 0)
                r = redo_sync(dir, unfinished);
        if (r >= 0 && (renameat(dir, unfinished, dir, name) < 0 || fsync(dir) < 0))
                r = -errno;
        if (r < 0)
                (void)unlinkat(dir, unfinished, 0);
        return r;
}

/* ---- Reading ---- */

struct redo_reader {
        struct redo *redo;
        unsigned long crc;
        size_t n_lines;
        struct redo_paths above;
        bool ended;
};

static int redo_reader_check_end(struct redo_reader *reader, json_object *object, const char **ret_reason)
{
        char crc[9];
        const char *text = json_get_string(object, "crc");

        if (!reader->redo->id) {
                *ret_reason = "the first line is missing";
                return -EBADMSG;
        }
        snprintf(crc, sizeof(crc), "%08lx", reader->crc);
        if (!text || !streq(text, crc) ||
            json_object_get_int64(json_object_object_get(object, "end")) != (int64_t)reader->n_lines) {
                *ret_reason = "the checksum of the lines above doesn't match";
                return -EBADMSG;
        }
        reader->ended = true;
        return 0;
}

static int redo_reader_take_line(struct redo_reader *reader, const char *line, size_t size, const char **ret_reason)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct json_fault fault = { 0 };
        int r;

        *ret_reason = "not a line of a redo log";
        if (reader->ended)
                return -EBADMSG;
        r = json_parse_object(line, size, &object, &fault);
        if (r < 0) {
                *ret_reason = fault.reason;
                return r;
        }
        if (json_object_object_get(object, "end"))
                return redo_reader_check_end(reader, object, ret_reason);
        reader->crc = crc32_z(reader->crc, (const unsigned char *)line, size);
        reader->n_lines++;
        return redo_add_json(reader->redo, object, &reader->above);
}

static int redo_reader_take_lines(struct redo_reader *reader, const char *data, size_t size, struct error *error)
{
        const char *p = data, *end, *reason;
        int r;

        while ((end = memchr(p, '\n', (size_t)(data + size - p)))) {
                r = redo_reader_take_line(reader, p, (size_t)(end - p), &reason);
                if (r < 0)
                        return r == -EBADMSG ? error_setf(error, r, "%zu: %s", reader->n_lines + 1, reason) : r;
                p = end + 1;
        }
        return reader->ended ? 0 : error_setf(error, -EBADMSG, "%zu: the last line is missing", reader->n_lines + 1);
}

int redo_read(const struct redo_file *file, struct redo **ret, struct error *error)
{
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_error_ struct error reason = { 0 };
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        struct redo_reader reader;
        size_t size;
        int r;

        assert(file && file->name && file->path && ret);
        fd = openat(file->dir, file->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ENOENT
                                       : error_errnof(error, -errno, "can't open %s/%s", file->path, file->name);
        r = io_read_all(fd, INT_MAX, &data, &size);
        if (r < 0)
                return error_errnof(error, r, "can't read %s/%s", file->path, file->name);
        redo = calloc(1, sizeof(*redo));
        if (!redo)
                return -ENOMEM;

        reader = (struct redo_reader){ .redo = redo };
        r = redo_reader_take_lines(&reader, data, size, &reason);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s/%s:%s: the file is damaged; restore it from a backup", file->path,
                                  file->name, error_text(&reason));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(redo);
        return 0;
}
