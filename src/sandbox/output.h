/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration prints. In: bytes as they come. Out: clean lines, up to a cap of lines and bytes, and always the last few,
 * for the message that says why it failed.
 */

#include "basic/macro.h"

#include <stddef.h>

#define OUTPUT_LINES_MAX 2000U
#define OUTPUT_BYTES_MAX (512U * 1024U)
#define OUTPUT_LINE_MAX  4096U
#define OUTPUT_TAIL      10U /* lines that are handed out even above the cap */
#define OUTPUT_REASON    5U  /* lines of them that make a reason */

/* @line is one line of valid UTF-8 without control characters. */
typedef void (*output_line_fn)(const char *line, void *userdata);

struct output {
        output_line_fn fn;
        void *userdata;
        char *line; /* the part of a line that has come so far */
        size_t line_size;
        size_t n_lines;
        size_t n_bytes;
        size_t n_dropped; /* lines above the cap */
        char *tail[OUTPUT_TAIL];
        size_t n_tail; /* lines that were ever put into the tail */
};

int output_init(struct output *ret, output_line_fn fn, void *userdata);
void output_done(struct output *output);
int output_feed(struct output *output, const char *data, size_t size);
/* Hands out what has no newline behind it; says how much was dropped, and hands out the end of that. */
int output_finish(struct output *output);
/* The last lines, joined by " | ", oldest first; "" where there are none. Returns: 0 or -ENOMEM. */
int output_get_tail(const struct output *output, char **ret);
