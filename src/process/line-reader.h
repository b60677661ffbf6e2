/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bytes as they arrive, in; lines, out. Unlike output.h it keeps nothing and drops no line, but cuts long ones. */

#include "basic/macro.h"

#include <stddef.h>

#define LINE_READER_MAX 512

struct line_reader {
        void (*fn)(const char *line,
                   void *userdata); /* gets valid UTF-8 without control characters; NULL: lines are ignored */
        void *userdata;
        char line[LINE_READER_MAX];
        size_t n;
        bool lost; /* there was no memory for a line, which wasn't passed on: of progress, that does no harm */
};

/* A last line without a newline isn't passed on: it may have been cut. */
void line_reader_feed(struct line_reader *reader, const char *data, size_t size);
