/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A migration's output. In: bytes as they arrive. Out: sanitised lines, up to a limit of lines and bytes, and always the last few,
 * for the message that says why the migration failed.
 */

#include "basic/macro.h"

#include <stddef.h>

#define OUTPUT_LINES_MAX 2000U
#define OUTPUT_BYTES_MAX (512U * 1024U)
#define OUTPUT_LINE_MAX  4096U
#define OUTPUT_TAIL      10U /* last lines, passed on even above the limit */
#define OUTPUT_REASON    5U  /* how many of them the reason of a failure quotes */

/* @line is one line of valid UTF-8 without control characters. */
typedef void (*output_line_fn)(const char *line, void *userdata);

struct output {
        output_line_fn fn;
        void *userdata;
        char *line; /* the current line so far */
        size_t line_size;
        size_t n_lines;
        size_t n_bytes;
        size_t n_dropped; /* lines above the limit */
        char *tail[OUTPUT_TAIL];
        size_t n_tail; /* lines that the tail has ever had; it keeps the last ones */
};

/* @fn gets each line; it may be NULL. Returns: 0 or -ENOMEM. */
_must_check_ int output_init(struct output *ret, output_line_fn fn, void *userdata);
void output_done(struct output *output);
/* Returns: 0 or -ENOMEM. */
_must_check_ int output_feed(struct output *output, const char *data, size_t size);
/* Passes on the last line if it has no newline, how many lines were dropped, and the last of those. Returns: 0 or -ENOMEM. */
_must_check_ int output_finish(struct output *output);
/* Sets @ret to the last lines joined by " | ", oldest first; "" if there are none. Returns: 0 or -ENOMEM. */
_must_check_ int output_get_tail(const struct output *output, char **ret);
