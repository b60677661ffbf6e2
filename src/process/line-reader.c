/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/line-reader.h"

#include "basic/utf8.h"

static void line_reader_end_line(struct line_reader *reader)
{
        _cleanup_free_ char *text = reader->fn ? utf8_sanitize(reader->line, reader->n) : NULL;

        if (text)
                reader->fn(text, reader->userdata);
        reader->lost |= reader->fn && !text;
        reader->n = 0;
}

void line_reader_feed(struct line_reader *reader, const char *data, size_t size)
{
        assert(reader);
        assert(data);

        for (size_t i = 0; i < size; i++) {
                if (data[i] == '\n') {
                        line_reader_end_line(reader);
                        continue;
                }
                if (reader->n < sizeof(reader->line))
                        reader->line[reader->n++] = data[i];
        }
}
