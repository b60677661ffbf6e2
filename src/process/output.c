/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/output.h"

#include "basic/utf8.h"

#include <stdio.h>

int output_init(struct output *ret, output_line_fn fn, void *userdata)
{
        char *line = malloc(OUTPUT_LINE_MAX);

        assert(ret);

        if (!line)
                return -ENOMEM;
        *ret = (struct output){ .fn = fn, .userdata = userdata, .line = line };
        return 0;
}

void output_done(struct output *output)
{
        for (size_t i = 0; i < OUTPUT_TAIL; i++)
                free(output->tail[i]);
        free(output->line);
        *output = (struct output){ 0 };
}

static int output_end_line(struct output *output)
{
        char *text, **place;

        text = utf8_sanitize(output->line, output->line_size);
        if (!text)
                return -ENOMEM;
        output->line_size = 0;

        output->n_lines++;
        output->n_bytes += strlen(text);
        if (output->n_lines > OUTPUT_LINES_MAX || output->n_bytes > OUTPUT_BYTES_MAX)
                output->n_dropped++;
        else if (output->fn)
                output->fn(text, output->userdata);

        if (text[strspn(text, " \t")] == '\0') {
                free(text); /* an empty line explains nothing */
                return 0;
        }
        place = &output->tail[output->n_tail++ % OUTPUT_TAIL];
        free(*place);
        *place = text;
        return 0;
}

/* Returns: where to cut a line that is too long: between two characters. */
static size_t line_find_cut(const char *line, size_t size)
{
        size_t n = size;

        while (n > size - 4 && ((unsigned char)line[n - 1] & 0xc0) == 0x80)
                n--;
        return (unsigned char)line[n - 1] >= 0xc0 ? n - 1 : size;
}

static int output_cut_line(struct output *output)
{
        size_t n = line_find_cut(output->line, output->line_size), rest = output->line_size - n;
        int r;

        output->line_size = n;
        r = output_end_line(output);
        memmove(output->line, output->line + n, rest);
        output->line_size = rest;
        return r;
}

int output_feed(struct output *output, const char *data, size_t size)
{
        int r = 0;

        assert(output->line);
        assert(data);

        for (size_t i = 0; r >= 0 && i < size; i++) {
                if (data[i] == '\n') {
                        r = output_end_line(output);
                        continue;
                }
                if (output->line_size == OUTPUT_LINE_MAX)
                        r = output_cut_line(output);
                output->line[output->line_size++] = data[i];
        }
        return r;
}

static size_t output_tail_begin(const struct output *output, size_t n)
{
        return output->n_tail < n ? 0 : output->n_tail - n;
}

static void output_flush_tail(const struct output *output)
{
        char note[64];
        size_t n = output->n_dropped < OUTPUT_TAIL ? output->n_dropped : OUTPUT_TAIL;

        snprintf(note, sizeof(note), "(%zu lines were dropped here)", output->n_dropped - n);
        if (output->n_dropped > n)
                output->fn(note, output->userdata);
        for (size_t i = output_tail_begin(output, n); i < output->n_tail; i++)
                output->fn(output->tail[i % OUTPUT_TAIL], output->userdata);
}

int output_finish(struct output *output)
{
        int r = 0;

        if (output->line_size > 0)
                r = output_end_line(output);
        if (output->n_dropped > 0 && output->fn)
                output_flush_tail(output);
        return r;
}

int output_get_tail(const struct output *output, char **ret)
{
        size_t size = 1;
        char *text;

        assert(ret);

        for (size_t i = output_tail_begin(output, OUTPUT_REASON); i < output->n_tail; i++)
                size += strlen(output->tail[i % OUTPUT_TAIL]) + strlen(" | ");
        text = calloc(1, size);
        if (!text)
                return -ENOMEM;
        for (size_t i = output_tail_begin(output, OUTPUT_REASON); i < output->n_tail; i++) {
                if (text[0])
                        strcat(text, " | ");
                strcat(text, output->tail[i % OUTPUT_TAIL]);
        }
        *ret = text;
        return 0;
}
