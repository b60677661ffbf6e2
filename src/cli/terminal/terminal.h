/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a stream leads to, and what can be shown there. */

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
        bool cursor; /* a terminal on which a line can be written over */
        bool color;
        bool utf8;    /* a terminal that shows UTF-8 */
        size_t width; /* 0: what the stream leads to knows it */
};

/* Goes by the locale: setlocale() comes before it. */
void terminal_init(struct terminal *terminal, FILE *stream, enum color color);
/* How many columns fit on a line, now. */
size_t terminal_width(const struct terminal *terminal);
/* Writes @text, made harmless. */
void terminal_put(const struct terminal *terminal, enum style style, const char *text);
/* How many columns terminal_put() fills. */
size_t terminal_measure(const struct terminal *terminal, const char *text);
/* "→", or "->" where that can't be shown. */
const char *terminal_arrow(const struct terminal *terminal);
