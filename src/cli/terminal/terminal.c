/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/terminal.h"

#include "basic/macro.h"
#include "cli/terminal/printable.h"

#include <langinfo.h>
#include <sys/ioctl.h>

#define WIDTH_DEFAULT 80

static const char *const style_sequence[] = {
        [STYLE_PLAIN] = "",           [STYLE_BOLD] = "\033[1m", [STYLE_DIM] = "\033[2m",   [STYLE_GOOD] = "\033[32m",
        [STYLE_WARNING] = "\033[33m", [STYLE_BAD] = "\033[31m", [STYLE_HUNK] = "\033[36m",
};

static bool have_cursor(void)
{
        const char *term = getenv("TERM");

        return term && !streq(term, "") && !streq(term, "dumb");
}

/* https://no-color.org: set, and not empty. */
static bool color_refused(void)
{
        const char *refused = getenv("NO_COLOR");

        return refused && *refused;
}

void terminal_init(struct terminal *terminal, FILE *stream, enum color color)
{
        bool tty = isatty(fileno(stream));

        *terminal = (struct terminal){
                .stream = stream,
                .tty = tty,
                .cursor = tty && have_cursor(),
                .utf8 = tty && streq(nl_langinfo(CODESET), "UTF-8"),
        };
        terminal->color = color == COLOR_ALWAYS || (color == COLOR_AUTO && terminal->cursor && !color_refused());
}

size_t terminal_width(const struct terminal *terminal)
{
        struct winsize size;

        if (terminal->width > 0)
                return terminal->width;
        if (ioctl(fileno(terminal->stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return WIDTH_DEFAULT;
        return size.ws_col;
}

static bool ascii_only(const struct terminal *terminal)
{
        return terminal->tty && !terminal->utf8;
}

void terminal_put(const struct terminal *terminal, enum style style, const char *text)
{
        bool styled = terminal->color && style != STYLE_PLAIN;

        if (styled)
                fputs(style_sequence[style], terminal->stream);
        printable_write(terminal->stream, text, ascii_only(terminal));
        if (styled)
                fputs("\033[0m", terminal->stream);
}

size_t terminal_measure(const struct terminal *terminal, const char *text)
{
        return printable_width(text, ascii_only(terminal));
}

const char *terminal_arrow(const struct terminal *terminal)
{
        return terminal->utf8 ? "→" : "->";
}
