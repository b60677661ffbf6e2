/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * redo: the lines of a redo log but the last, which has their checksum and is added here, so that they are looked into. A log that is written and
 * read again is the same.
 *
 * Covers: redo/redo.c redo/redo-file.c redo/redo-from-json.c redo/redo-to-json.c redo/redo-path.c redo/redo-trace.c redo/redo-units.c fs/attributes-json.c
 * Covers: basic/json-text.c
 */

#include "basic/io.h"
#include "fuzz.h"
#include "redo/redo-file.h"
#include "redo/redo-trace.h"
#include "redo/redo-units.h"

#include <fcntl.h>
#include <stdio.h>
#include <zlib.h>

#define FIRST  "first"
#define SECOND "second"
#define THIRD  "third"

static const struct root *root;

/* In place of libc's: what is durable is no matter here. */
int fsync(int fd)
{
        (void)fd;
        return 0;
}

static int read_log(const char *name, struct redo **ret, struct error *error)
{
        const struct redo_file file = { .dir = root->fd, .name = name, .path = "redo" };

        return redo_read(&file, ret, error);
}

/* Writes @data and the line that ends a log. */
static void put_log(const uint8_t *data, size_t size)
{
        char *log = fuzz_allocate(size + 64), *p = log;
        const uint8_t *line = data, *end;
        unsigned long crc = 0;
        size_t n = 0;

        for (; size > 0 && (end = memchr(line, '\n', (size_t)(data + size - line))); line = end + 1, n++)
                crc = crc32_z(crc, line, (size_t)(end - line));
        p = mempcpy(p, data, (size_t)(line - data));
        p += sprintf(p, "{\"end\":%zu,\"crc\":\"%08lx\"}\n", n, crc);
        fuzz_put("/" FIRST, log, (size_t)(p - log));
        free(log);
}

static void check_same_file(const char *a, const char *b)
{
        const char *names[] = { a, b };
        char *texts[2];
        size_t sizes[2];

        for (size_t i = 0; i < 2; i++) {
                _cleanup_close_ int fd = openat(root->fd, names[i], O_RDONLY | O_CLOEXEC);

                if (fd < 0 || io_read_all(fd, SIZE_MAX / 2, &texts[i], &sizes[i]) < 0)
                        abort();
        }
        law(sizes[0] == sizes[1] && memcmp(texts[0], texts[1], sizes[0]) == 0);
        fuzz_free(texts, 2);
}

static void check_files(const struct redo *redo)
{
        _cleanup_(files_freep) struct dmig_files *files = NULL, *inverse = NULL;

        law(files_new(&files) == 0 && redo_list_files(redo, files) == 0);
        files_sort(files);
        law(files_invert(files, &inverse) == 0 && inverse->n == files->n);
        (void)redo_has_holds(redo);
        (void)redo_changes_units(redo);
}

static void check_trace(const struct redo *redo)
{
        _cleanup_(redo_trace_freep) struct redo_trace *trace = NULL;

        law(redo_trace_new(redo, &trace) == 0);
        for (size_t i = 0; i < redo->n_metas && i < 8; i++) {
                struct redo_origin origin;
                const char *below;
                size_t area;
                _cleanup_free_ char *path = NULL;

                law(redo_trace_back(trace, redo->metas[i].area, redo->metas[i].path, &origin) == 0);
                law(origin.path);
                free(origin.path);
                law(redo_format_path(redo, redo->metas[i].area, redo->metas[i].path, &path) == 0);
                area = redo_find_area(redo, path, &below);
                law(area == SIZE_MAX || (area < redo->n_areas && below >= path && below <= path + strlen(path)));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(redo_freep) struct redo *redo = NULL, *again = NULL, *raw = NULL;
        _cleanup_error_ struct error error = { 0 };
        int r;

        root = fuzz_root((const char *const[]){ NULL });
        fuzz_put("/" FIRST, data, size);
        (void)read_log(FIRST, &raw, NULL);
        law(read_log("none", &again, NULL) == -ENOENT);

        put_log(data, size);
        r = read_log(FIRST, &redo, &error);
        law(r == 0 || (r == -EBADMSG && error.message));
        if (r < 0)
                return 0;
        law(redo_write(redo, root->fd, SECOND) == 0);
        law(read_log(SECOND, &again, &error) == 0);
        law(again->n_areas == redo->n_areas && again->changes.n == redo->changes.n);
        law(again->n_renames == redo->n_renames && again->n_metas == redo->n_metas &&
            again->n_census == redo->n_census);
        law(redo_write_unsynced(again, root->fd, THIRD) == 0);
        check_same_file(SECOND, THIRD);
        check_files(redo);
        check_trace(redo);
        return 0;
}
