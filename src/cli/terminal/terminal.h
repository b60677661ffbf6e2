/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An output stream, and what it can show if it is a terminal. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum color {
        COLOR_AUTO,
        COLOR_ALWAYS,
        COLOR_NEVER,
};

enum style {
        STYLE_PLAIN,
        STYLE_BOLD,
        STYLE_DIM,
        STYLE_GOOD,
        STYLE_WARNING,
        STYLE_BAD,
        STYLE_HUNK, /* of a diff */
};

struct terminal {
        FILE *stream;
        bool tty;
        bool cursor; /* a terminal that can overwrite a line */
        bool color;
        bool utf8;    /* a terminal that shows UTF-8 */
        size_t width; /* 0: ask the terminal */
};

/* Depends on the locale: call setlocale() before. */
void terminal_init(struct terminal *terminal, FILE *stream, enum color color);
/* Returns: the columns of a line, now; 80 if the stream is no terminal. */
size_t terminal_width(const struct terminal *terminal);
/* Writes @text with its control characters escaped. */
void terminal_put(const struct terminal *terminal, enum style style, const char *text);
/* Returns: the columns that terminal_put() fills. */
size_t terminal_measure(const struct terminal *terminal, const char *text);
/* Returns: "→", or "->" on a terminal without UTF-8. */
const char *terminal_arrow(const struct terminal *terminal);
