/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * output: what a migration prints, and its lines of progress. It arrives in pieces of any size, which don't matter; what is passed on is safe to print.
 *
 * Covers: process/output.c process/line-reader.c phase/progress-line.c phase/hint.c
 */

#include "basic/utf8.h"
#include "fuzz.h"
#include "phase/hint.h"
#include "phase/progress-line.h"
#include "process/line-reader.h"
#include "process/output.h"

struct lines {
        size_t n, size;
        uint32_t sum; /* of all bytes with their places */
};

static void take_line(const char *line, void *userdata)
{
        struct lines *lines = userdata;
        _cleanup_free_ char *clean = utf8_sanitize(line, strlen(line));

        law(clean && streq(clean, line));
        for (const char *p = line; *p; p++)
                lines->sum = lines->sum * 31 + (unsigned char)*p;
        lines->n++;
        lines->size += strlen(line);
}

static bool lines_are_same(const struct lines *a, const struct lines *b)
{
        return a->n == b->n && a->size == b->size && a->sum == b->sum;
}

static char *feed_output(const uint8_t *data, size_t size, size_t piece, struct lines *ret)
{
        struct output output;
        char *tail;

        law(output_init(&output, take_line, ret) == 0);
        for (size_t done = 0; done < size; done += piece)
                law(output_feed(&output, (const char *)data + done, size - done < piece ? size - done : piece) == 0);
        law(output_finish(&output) == 0);
        law(output_get_tail(&output, &tail) == 0);
        law(output.n_dropped <= output.n_lines);
        output_done(&output);
        return tail;
}

static void feed_reader(const uint8_t *data, size_t size, size_t piece, struct lines *ret)
{
        struct line_reader reader = { .fn = take_line, .userdata = ret };

        for (size_t done = 0; done < size; done += piece)
                line_reader_feed(&reader, (const char *)data + done, size - done < piece ? size - done : piece);
}

static void check_progress(const char *text)
{
        struct progress_line line;

        if (progress_line_parse(text, &line) < 0)
                return;
        law(line.percent >= 0 && line.percent <= 100 && line.text);
        law(line.total == -1 ? line.done == -1 : line.done >= 0 && line.done <= line.total && line.total > 0);
        law(strlen(line.text) < strlen(text));
        progress_line_done(&line);
}

static void check_hints(const char *text)
{
        const char *cause = hint_find_cause(0, text);

        law(!cause || streq(cause, "no-space") || streq(cause, "disk-error"));
        law(!hint_find(text, false) || hint_find(text, true));
        law(hint_find_cause(-ENOSPC, text) && hint_find_cause(-EIO, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct lines whole = { 0 }, pieces = { 0 }, read = { 0 }, read_pieces = { 0 };
        _cleanup_free_ char *tail = NULL, *other = NULL, *text = fuzz_text(data, size);

        tail = feed_output(data, size, size ?: 1, &whole);
        other = feed_output(data, size, 3, &pieces);
        law(lines_are_same(&whole, &pieces) && streq(tail, other));
        feed_reader(data, size, size ?: 1, &read);
        feed_reader(data, size, 5, &read_pieces);
        law(lines_are_same(&read, &read_pieces));
        check_progress(text);
        check_hints(text);
        return 0;
}
