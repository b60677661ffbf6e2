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

static bool terminal_has_cursor(void)
{
        const char *term = getenv("TERM");

        return term && !streq(term, "") && !streq(term, "dumb");
}

/* Set and not empty: https://no-color.org */
static bool terminal_refuses_color(void)
{
        const char *refused = getenv("NO_COLOR");

        return refused && *refused;
}

void terminal_init(struct terminal *terminal, FILE *stream, enum color color)
{
        bool tty;

        assert(terminal);
        assert(stream);

        tty = isatty(fileno(stream));
        *terminal = (struct terminal){
                .stream = stream,
                .tty = tty,
                .cursor = tty && terminal_has_cursor(),
                .utf8 = tty && streq(nl_langinfo(CODESET), "UTF-8"),
        };
        terminal->color =
                color == COLOR_ALWAYS || (color == COLOR_AUTO && terminal->cursor && !terminal_refuses_color());
}

size_t terminal_width(const struct terminal *terminal)
{
        struct winsize size;

        assert(terminal);

        if (terminal->width > 0)
                return terminal->width;
        if (ioctl(fileno(terminal->stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return WIDTH_DEFAULT;
        return size.ws_col;
}

static bool terminal_is_ascii(const struct terminal *terminal)
{
        return terminal->tty && !terminal->utf8;
}

void terminal_put(const struct terminal *terminal, enum style style, const char *text)
{
        bool styled;

        assert(terminal);
        assert(text);

        styled = terminal->color && style != STYLE_PLAIN;
        if (styled)
                fputs(style_sequence[style], terminal->stream);
        printable_write(terminal->stream, text, terminal_is_ascii(terminal));
        if (styled)
                fputs("\033[0m", terminal->stream);
}

size_t terminal_measure(const struct terminal *terminal, const char *text)
{
        assert(terminal);
        assert(text);

        return printable_width(text, terminal_is_ascii(terminal));
}

const char *terminal_arrow(const struct terminal *terminal)
{
        assert(terminal);

        return terminal->utf8 ? "→" : "->";
}
