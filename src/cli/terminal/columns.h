/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A table with aligned columns: columns_fit() with each line, then columns_print() with each line. What doesn't fit into the terminal's width
 * goes on below.
 */

#include "cli/terminal/terminal.h"

#define COLUMNS_MAX 6

struct cell {
        const char *text; /* NULL: empty */
        enum style style;
};

struct columns {
        const struct terminal *terminal;
        size_t indent;
        size_t width[COLUMNS_MAX];
};

void columns_fit(struct columns *columns, const struct cell cells[static COLUMNS_MAX]);
void columns_print(const struct columns *columns, const struct cell cells[static COLUMNS_MAX]);
