/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "output.h"

#include "text.h"

#include <stdio.h>

int output_init(struct output *ret, output_line_fn fn, void *userdata)
{
        char *line = malloc(OUTPUT_LINE_MAX);

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

static int end_line(struct output *output)
{
        char *text, **place;

        text = text_sanitize(output->line, output->line_size);
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

int output_feed(struct output *output, const char *data, size_t size)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < size; i++) {
                if (data[i] == '\n') {
                        r = end_line(output);
                        continue;
                }
                output->line[output->line_size++] = data[i];
                if (output->line_size == OUTPUT_LINE_MAX)
                        r = end_line(output);
        }
        return r;
}

int output_finish(struct output *output)
{
        char note[64];
        int r = 0;

        if (output->line_size > 0)
                r = end_line(output);
        if (output->n_dropped > 0 && output->fn) {
                snprintf(note, sizeof(note), "(%zu more lines were dropped)", output->n_dropped);
                output->fn(note, output->userdata);
        }
        return r;
}

int output_get_tail(const struct output *output, char **ret)
{
        size_t n = output->n_tail < OUTPUT_TAIL ? output->n_tail : OUTPUT_TAIL;
        size_t size = 1;
        char *text;

        for (size_t i = 0; i < n; i++)
                size += strlen(output->tail[i]) + strlen(" | ");
        text = calloc(1, size);
        if (!text)
                return -ENOMEM;
        for (size_t i = output->n_tail - n; i < output->n_tail; i++) {
                if (text[0])
                        strcat(text, " | ");
                strcat(text, output->tail[i % OUTPUT_TAIL]);
        }
        *ret = text;
        return 0;
}
