/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/history-text.h"

#include "basic/memstream.h"
#include "cli/need.h"
#include "cli/report/files-text.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/format.h"

#include <inttypes.h>

#define INDENT 4

/* A line of the table, and its buffers. */
struct event_line {
        char time[TIME_MAX];
        char *details; /* owned */
        struct cell cells[COLUMNS_MAX];
};

static void event_line_done(struct event_line *line)
{
        free(line->details);
}

static enum style event_style(const char *name)
{
        static const struct {
                const char *name;
                enum style style;
        } styles[] = {
                { "applied", STYLE_GOOD },      { "satisfied", STYLE_GOOD }, { "completed", STYLE_GOOD },
                { "failed", STYLE_BAD },        { "gave-up", STYLE_BAD },    { "interrupted", STYLE_WARNING },
                { "postponed", STYLE_WARNING }, { "undone", STYLE_WARNING },
        };

        for (size_t i = 0; i < ELEMENTSOF(styles); i++)
                if (streq(styles[i].name, name))
                        return styles[i].style;
        return STYLE_PLAIN;
}

/* Details are separated by commas. */
static void details_print_string(FILE *stream, const struct dmig_event *event, const char *field, const char *before)
{
        const char *value = dmig_event_get_string(event, field);

        if (value)
                fprintf(stream, "%s%s%s", ftell(stream) > 0 ? ", " : "", before, value);
}

static void details_print_int(FILE *stream, const struct dmig_event *event, const char *field, const char *before)
{
        int64_t value;

        if (dmig_event_get_int(event, field, &value) == 0)
                fprintf(stream, "%s%s %" PRId64, ftell(stream) > 0 ? ", " : "", before, value);
}

static void details_print_upgrade(FILE *stream, const struct dmig_event *event)
{
        const char *from = dmig_event_get_string(event, "from"), *to = dmig_event_get_string(event, "to");

        if (from && to)
                fprintf(stream, "%s -> %s", from, to);
}

static void details_print_duration(FILE *stream, const struct dmig_event *event)
{
        char duration[DURATION_MAX];
        int64_t ms;

        if (dmig_event_get_int(event, "duration_ms", &ms) < 0)
                return;
        format_duration(ms, duration);
        fprintf(stream, "%s%s", ftell(stream) > 0 ? ", " : "", duration);
}

static void details_print_changes(FILE *stream, const struct dmig_event *event)
{
        int64_t n;

        if (dmig_event_get_int(event, "changes", &n) == 0)
                fprintf(stream, "%s%" PRId64 " change%s", ftell(stream) > 0 ? ", " : "", n, n == 1 ? "" : "s");
}

/* Most reasons begin with the phase, and all include how it ended. */
static void details_print_end(FILE *stream, const struct dmig_event *event)
{
        const char *phase = dmig_event_get_string(event, "phase"), *reason = dmig_event_get_string(event, "reason");

        if (phase && !(reason && str_startswith(reason, phase)))
                details_print_string(stream, event, "phase", "in ");
        if (reason) {
                details_print_string(stream, event, "reason", "");
                return;
        }
        details_print_int(stream, event, "exit", "exit status");
        details_print_int(stream, event, "signal", "signal");
        details_print_int(stream, event, "timeout", "time limit");
}

static char *event_line_details(const struct dmig_event *event)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        details_print_string(stream, event, "version", "");
        details_print_upgrade(stream, event);
        details_print_string(stream, event, "source", "");
        details_print_string(stream, event, "text", "to: ");
        details_print_string(stream, event, "as", "as ");
        details_print_int(stream, event, "attempt", "attempt");
        details_print_duration(stream, event);
        details_print_changes(stream, event);
        details_print_string(stream, event, "reaches_out", "reaches out: ");
        details_print_end(stream, event);
        details_print_string(stream, event, "cause", "not counted: ");
        return memstream_close(stream, &text) < 0 ? NULL : text;
}

static void event_line_init(const struct dmig_event *event, struct event_line *ret)
{
        const char *name = dmig_event_get_name(event);

        *ret = (struct event_line){ .details = need_memory(event_line_details(event)) };
        format_time(dmig_event_get_time(event), ret->time);
        ret->cells[0] = (struct cell){ ret->time, STYLE_DIM };
        ret->cells[1] = (struct cell){ name, event_style(name) };
        ret->cells[2] = (struct cell){ dmig_event_get_string(event, "id"), STYLE_PLAIN };
        ret->cells[3] = (struct cell){ ret->details, STYLE_PLAIN };
}

static void event_line_fit(struct columns *columns, const struct dmig_event *event)
{
        _cleanup_(event_line_done) struct event_line line;

        event_line_init(event, &line);
        columns_fit(columns, line.cells);
}

static void event_line_print(const struct columns *columns, const struct dmig_event *event)
{
        _cleanup_(event_line_done) struct event_line line;

        event_line_init(event, &line);
        columns_print(columns, line.cells);
}

void history_text_print(const struct terminal *terminal, const struct dmig_history *history,
                        const struct dmig_files *const *files)
{
        struct columns columns = { .terminal = terminal };

        assert(terminal);
        assert(files);

        for (size_t i = 0; i < dmig_history_count(history); i++)
                event_line_fit(&columns, dmig_history_get(history, i));
        for (size_t i = 0; i < dmig_history_count(history); i++) {
                event_line_print(&columns, dmig_history_get(history, i));
                if (files[i])
                        files_text_print(terminal, files[i], INDENT);
        }
}
