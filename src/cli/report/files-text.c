/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/files-text.h"

#include "basic/macro.h"
#include "cli/need.h"
#include "cli/report/file-details.h"
#include "cli/terminal/diff-text.h"
#include "cli/terminal/wrap.h"

#include <sys/stat.h>

#define BAR_MIN  10U /* columns, at least, of the longest bar */
#define ROOM_MIN 24U /* columns, at least, for details beside a path */
#define BELOW    2U

/* The columns of a list of files. */
struct layout {
        const struct terminal *terminal;
        size_t indent;
        size_t path_width;
        size_t number_width;
        size_t bar_width;
        size_t lines_max; /* changed lines of the file with most of them */
};

static const struct {
        const char *kind, *letter;
        enum style style;
} looks[] = {
        { "create", "A", STYLE_GOOD },  { "replace", "M", STYLE_WARNING },  { "remove", "D", STYLE_BAD },
        { "move", "R", STYLE_WARNING }, { "metadata", "m", STYLE_WARNING },
};

static void file_put_kind(const struct terminal *terminal, const char *kind)
{
        for (size_t i = 0; i < ELEMENTSOF(looks); i++)
                if (streq(looks[i].kind, kind))
                        terminal_put(terminal, looks[i].style, looks[i].letter);
}

/* ---- Lines ---- */

static struct diff_lines file_count_lines(const struct dmig_file *file)
{
        const char *diff = dmig_file_get_diff(file);

        return diff ? diff_text_count(diff) : (struct diff_lines){ 0 };
}

static bool file_is_directory(const struct dmig_file *file)
{
        unsigned after = dmig_file_get_mode_after(file);

        return S_ISDIR(after ? after : dmig_file_get_mode_before(file));
}

static size_t file_measure_path(const struct terminal *terminal, const struct dmig_file *file)
{
        return terminal_measure(terminal, dmig_file_get_path(file)) + file_is_directory(file);
}

static void layout_init(struct layout *layout, const struct dmig_files *files)
{
        size_t width = terminal_width(layout->terminal), used;

        for (size_t i = 0; i < dmig_files_count(files); i++) {
                const struct dmig_file *file = dmig_files_get(files, i);
                struct diff_lines lines = file_count_lines(file);
                size_t path = file_measure_path(layout->terminal, file);

                if (path > layout->path_width && path <= width / 2) /* a longer path sticks out */
                        layout->path_width = path;
                if (lines.added + lines.removed > layout->lines_max)
                        layout->lines_max = lines.added + lines.removed;
        }
        layout->number_width = (size_t)snprintf(NULL, 0, "%zu", layout->lines_max);
        used = layout->indent + strlen("A  ") + layout->path_width + strlen(" | ") + layout->number_width + 1;
        layout->bar_width = width > used + BAR_MIN ? width - used : BAR_MIN;
}

static size_t layout_put_bar(const struct layout *layout, enum style style, char mark, size_t lines)
{
        size_t n = lines;
        _cleanup_free_ char *bar = NULL;

        if (layout->lines_max > layout->bar_width)
                n = (lines * layout->bar_width + layout->lines_max - 1) / layout->lines_max;
        bar = need_memory(malloc(n + 1));
        memset(bar, mark, n);
        bar[n] = '\0';
        terminal_put(layout->terminal, style, bar);
        return n;
}

static size_t layout_put_path(const struct layout *layout, const struct dmig_file *file)
{
        const struct terminal *terminal = layout->terminal;
        size_t width = file_measure_path(terminal, file);

        terminal_put(terminal, STYLE_PLAIN, dmig_file_get_path(file));
        if (file_is_directory(file))
                fputc('/', terminal->stream);
        if (width < layout->path_width)
                fprintf(terminal->stream, "%*s", (int)(layout->path_width - width), "");
        return width < layout->path_width ? layout->path_width : width;
}

static size_t layout_put_lines(const struct layout *layout, struct diff_lines lines)
{
        size_t column = layout->number_width + strlen("  ");

        fprintf(layout->terminal->stream, " %*zu ", (int)layout->number_width, lines.added + lines.removed);
        column += layout_put_bar(layout, STYLE_GOOD, '+', lines.added);
        return column + layout_put_bar(layout, STYLE_BAD, '-', lines.removed);
}

/* Beside the path from @column on, or below it if there is no room. */
static void layout_put_details(const struct layout *layout, size_t column, const char *details)
{
        size_t limit = terminal_width(layout->terminal), below = layout->indent + strlen("A  ") + BELOW;
        bool fits = column + 1 + terminal_measure(layout->terminal, details) <= limit || column + ROOM_MIN <= limit;
        struct wrap wrap = { .terminal = layout->terminal, .column = column, .blanks = 1 };

        wrap.indent = fits ? column + 1 : below;
        if (!fits)
                wrap_break(&wrap);
        wrap_put(&wrap, STYLE_PLAIN, details);
}

static void layout_put_file(const struct layout *layout, const struct dmig_file *file)
{
        const struct terminal *terminal = layout->terminal;
        struct diff_lines lines = file_count_lines(file);
        bool counted = lines.added + lines.removed > 0;
        _cleanup_free_ char *details = need_memory(file_details_make(file, counted, terminal_arrow(terminal)));
        size_t column = layout->indent + strlen("A  ");

        fprintf(terminal->stream, "%*s", (int)layout->indent, "");
        file_put_kind(terminal, dmig_file_get_kind(file));
        fputs("  ", terminal->stream);
        column += layout_put_path(layout, file);
        fputs(" |", terminal->stream);
        column += strlen(" |");
        if (counted)
                column += layout_put_lines(layout, lines);
        if (*details) {
                fputs(counted ? "," : "", terminal->stream);
                layout_put_details(layout, column + counted, details);
        }
        fputc('\n', terminal->stream);
}

void files_text_print(const struct terminal *terminal, const struct dmig_files *files, size_t indent)
{
        struct layout layout = { .terminal = terminal, .indent = indent };

        assert(terminal);

        layout_init(&layout, files);
        for (size_t i = 0; i < dmig_files_count(files); i++)
                layout_put_file(&layout, dmig_files_get(files, i));
}

void files_text_print_sum(const struct terminal *terminal, const struct dmig_files *files, size_t indent)
{
        size_t n = dmig_files_count(files), added = 0, removed = 0;

        assert(terminal);

        for (size_t i = 0; i < n; i++) {
                struct diff_lines lines = file_count_lines(dmig_files_get(files, i));

                added += lines.added;
                removed += lines.removed;
        }
        fprintf(terminal->stream, "%*s%zu file%s changed", (int)indent, "", n, n == 1 ? "" : "s");
        if (added + removed > 0)
                fprintf(terminal->stream, ", %zu line%s added, %zu removed", added, added == 1 ? "" : "s", removed);
        fputc('\n', terminal->stream);
}
