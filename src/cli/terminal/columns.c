/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/columns.h"

#include "basic/macro.h"
#include "cli/terminal/wrap.h"

#define GAP    2
#define INDENT 4 /* of what doesn't fit beside the rest of its line */

static bool cell_is_empty(const struct cell *cell)
{
        return !cell->text || !*cell->text;
}

void columns_fit(struct columns *columns, const struct cell cells[static COLUMNS_MAX])
{
        size_t limit;

        assert(columns);

        limit = terminal_width(columns->terminal);
        for (size_t i = 0; i < COLUMNS_MAX; i++) {
                size_t width = cell_is_empty(&cells[i]) ? 0 : terminal_measure(columns->terminal, cells[i].text);

                if (width > columns->width[i] && width <= limit / 2) /* a wider one sticks out */
                        columns->width[i] = width;
        }
}

/* Where the line is. */
struct position {
        struct wrap wrap;
        size_t start; /* of the next column, unless what is before it sticks out or has gone on below */
};

/* A text of several words has room enough in so many columns. */
#define ROOM_MIN 24

static bool cell_has_room(const struct cell *cell, size_t start, size_t width, size_t limit)
{
        return start + width <= limit || (strchr(cell->text, ' ') && start + ROOM_MIN <= limit);
}

/* Blanks are written before a cell, not after it, so that no line ends in blanks. */
static void columns_put_cell(const struct columns *columns, const struct cell *cell, struct position *position)
{
        const struct terminal *terminal = columns->terminal;
        size_t width = terminal_measure(terminal, cell->text), start = position->start,
               below = columns->indent + INDENT;
        struct wrap *wrap = &position->wrap;

        if (wrap->column > 0 && start < wrap->column + GAP)
                start = wrap->column + GAP;
        wrap->indent = start;
        wrap->blanks = start > wrap->column ? start - wrap->column : 0;
        if (wrap->column > 0 && !cell_has_room(cell, start, width, terminal_width(terminal))) {
                wrap->indent = below;
                wrap_break(wrap);
        } else if (wrap->blanks > 0) {
                fprintf(terminal->stream, "%*s", (int)wrap->blanks, "");
                wrap->column = start;
                wrap->blanks = 0;
        }
        wrap_put(wrap, cell->style, cell->text);
}

void columns_print(const struct columns *columns, const struct cell cells[static COLUMNS_MAX])
{
        struct position position = { .wrap = { .terminal = columns->terminal }, .start = columns->indent };

        assert(columns->terminal);

        for (size_t i = 0; i < COLUMNS_MAX; i++) {
                if (!cell_is_empty(&cells[i]))
                        columns_put_cell(columns, &cells[i], &position);
                position.start += columns->width[i] ? columns->width[i] + GAP : 0;
        }
        fputc('\n', columns->terminal->stream);
}
