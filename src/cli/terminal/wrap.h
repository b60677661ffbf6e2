/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Text that may be wider than the terminal. In: where the line is, where the next ones begin, and text. Out: lines broken at blanks, none wider
 * than the terminal unless a single word is.
 */

#include "cli/terminal/terminal.h"

struct wrap {
        const struct terminal *terminal;
        size_t column; /* of the cursor */
        size_t indent; /* of the lines that follow */
        size_t blanks; /* to be written before the next word of the same line */
};

/* Ends the line, and begins the next one. */
void wrap_break(struct wrap *wrap);
/* Writes @text as terminal_put() does. Successive texts form one line: there is a blank between them only if one of them has it. */
void wrap_put(struct wrap *wrap, enum style style, const char *text);
