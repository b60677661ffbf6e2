/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/files-text.h"

#include "basic/macro.h"
#include "cli/terminal/diff-text.h"
#include "cli/terminal/format.h"

#include <sys/stat.h>

#define BAR_MIN 10U /* columns, at least, of the longest bar */

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

/* ---- Details: changes of other things than lines ---- */

static const char *mode_type_name(unsigned mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
                return "file";
        case S_IFDIR:
                return "directory";
        case S_IFLNK:
                return "symbolic link";
        case S_IFIFO:
                return "fifo";
        case S_IFSOCK:
                return "socket";
        case S_IFCHR:
                return "character device";
        case S_IFBLK:
                return "block device";
        default:
                return "";
        }
}

static void size_print(FILE *stream, int64_t size)
{
        char text[BYTES_MAX];

        format_bytes((uint64_t)size, text);
        fputs(text, stream);
}

static void file_print_sizes(FILE *stream, const struct dmig_file *file, const char *arrow)
{
        int64_t before = dmig_file_get_size_before(file), after = dmig_file_get_size_after(file);

        size_print(stream, before >= 0 ? before : after);
        if (before >= 0 && after >= 0 && before != after) {
                fprintf(stream, " %s ", arrow);
                size_print(stream, after);
        }
}

static bool file_has_other_type(const struct dmig_file *file)
{
        unsigned before = dmig_file_get_mode_before(file), after = dmig_file_get_mode_after(file);

        return before && after && (before & S_IFMT) != (after & S_IFMT);
}

static void file_print_content(FILE *stream, const struct dmig_file *file, const char *arrow)
{
        unsigned after = dmig_file_get_mode_after(file), mode = after ? after : dmig_file_get_mode_before(file);

        if (dmig_file_get_from(file) || streq(dmig_file_get_kind(file), "metadata"))
                return;
        if (S_ISREG(mode))
                file_print_sizes(stream, file, arrow);
        else
                fputs(mode_type_name(mode), stream);
}

static const char *details_separator(FILE *stream)
{
        return ftell(stream) > 0 ? ", " : "";
}

static void file_print_attributes(FILE *stream, const struct dmig_file *file, const char *arrow)
{
        unsigned before = dmig_file_get_mode_before(file), after = dmig_file_get_mode_after(file);

        if (dmig_file_get_from(file))
                fprintf(stream, "%sfrom %s", details_separator(stream), dmig_file_get_from(file));
        if (before && after && (before & ~S_IFMT) != (after & ~S_IFMT) && !S_ISLNK(before) && !S_ISLNK(after))
                fprintf(stream, "%smode %04o %s %04o", details_separator(stream), before & ~S_IFMT, arrow,
                        after & ~S_IFMT);
        else if (streq(dmig_file_get_kind(file), "metadata"))
                fprintf(stream, "%sowner, times or extended attributes", details_separator(stream));
}

/* @counted: the content is described by numbers of lines. Returns: the text, or NULL if memory ran out. */
static char *file_make_details(const struct dmig_file *file, bool counted, const char *arrow)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        if (file_has_other_type(file))
                fprintf(stream, "%s %s %s", mode_type_name(dmig_file_get_mode_before(file)), arrow,
                        mode_type_name(dmig_file_get_mode_after(file)));
        else if (!counted)
                file_print_content(stream, file, arrow);
        file_print_attributes(stream, file, arrow);
        fclose(stream);
        return text;
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

static void layout_put_bar(const struct layout *layout, enum style style, char mark, size_t lines)
{
        size_t n = lines;
        char *bar;

        if (layout->lines_max > layout->bar_width)
                n = (lines * layout->bar_width + layout->lines_max - 1) / layout->lines_max;
        bar = malloc(n + 1);
        if (!bar)
                return;
        memset(bar, mark, n);
        bar[n] = '\0';
        terminal_put(layout->terminal, style, bar);
        free(bar);
}

static void layout_put_path(const struct layout *layout, const struct dmig_file *file)
{
        const struct terminal *terminal = layout->terminal;
        size_t width = file_measure_path(terminal, file);

        terminal_put(terminal, STYLE_PLAIN, dmig_file_get_path(file));
        if (file_is_directory(file))
                fputc('/', terminal->stream);
        if (width < layout->path_width)
                fprintf(terminal->stream, "%*s", (int)(layout->path_width - width), "");
}

static void layout_put_file(const struct layout *layout, const struct dmig_file *file)
{
        const struct terminal *terminal = layout->terminal;
        struct diff_lines lines = file_count_lines(file);
        bool counted = lines.added + lines.removed > 0;
        _cleanup_free_ char *details = file_make_details(file, counted, terminal_arrow(terminal));

        fprintf(terminal->stream, "%*s", (int)layout->indent, "");
        file_put_kind(terminal, dmig_file_get_kind(file));
        fputs("  ", terminal->stream);
        layout_put_path(layout, file);
        fputs(" | ", terminal->stream);
        if (counted) {
                fprintf(terminal->stream, "%*zu ", (int)layout->number_width, lines.added + lines.removed);
                layout_put_bar(layout, STYLE_GOOD, '+', lines.added);
                layout_put_bar(layout, STYLE_BAD, '-', lines.removed);
        }
        if (details && *details)
                fputs(counted ? ", " : "", terminal->stream);
        terminal_put(terminal, STYLE_PLAIN, details ? details : "");
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
