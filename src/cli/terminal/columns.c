/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/columns.h"

#include "basic/macro.h"

#define GAP 2

static bool cell_is_empty(const struct cell *cell)
{
        return !cell->text || !*cell->text;
}

void columns_fit(struct columns *columns, const struct cell cells[static COLUMNS_MAX])
{
        assert(columns);

        for (size_t i = 0; i < COLUMNS_MAX; i++) {
                size_t width = cell_is_empty(&cells[i]) ? 0 : terminal_measure(columns->terminal, cells[i].text);

                if (width > columns->width[i])
                        columns->width[i] = width;
        }
}

/* Blanks are written before a cell, not after it, so that no line ends in blanks. */
void columns_print(const struct columns *columns, const struct cell cells[static COLUMNS_MAX])
{
        const struct terminal *terminal = columns->terminal;
        size_t blanks = columns->indent;

        assert(terminal);

        for (size_t i = 0; i < COLUMNS_MAX; i++) {
                size_t width = columns->width[i];

                if (!cell_is_empty(&cells[i])) {
                        fprintf(terminal->stream, "%*s", (int)blanks, "");
                        terminal_put(terminal, cells[i].style, cells[i].text);
                        width -= terminal_measure(terminal, cells[i].text);
                        blanks = 0;
                }
                blanks += columns->width[i] ? width + GAP : 0;
        }
        fputc('\n', terminal->stream);
}
