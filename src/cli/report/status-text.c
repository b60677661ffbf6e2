/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/status-text.h"

#include "basic/macro.h"
#include "cli/report/event-field.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/format.h"

#include <stdio.h>

static const struct cell heading[COLUMNS_MAX] = {
        { "PACKAGE", STYLE_BOLD }, { "FROM", STYLE_BOLD },    { "TO", STYLE_BOLD },
        { "RESULT", STYLE_BOLD },  { "PENDING", STYLE_BOLD },
};

/* A line of the table, and its buffer. */
struct status_line {
        char pending[32];
        struct cell cells[COLUMNS_MAX];
};

static void status_line_init(const struct dmig_report *report, struct status_line *ret)
{
        const char *from = dmig_report_get_from(report), *to = dmig_report_get_to(report);
        enum dmig_result result = dmig_report_get_result(report);

        *ret = (struct status_line){ 0 };
        if (to)
                snprintf(ret->pending, sizeof(ret->pending), "%zu", report_count_states(report, STATES_OPEN));
        ret->cells[0] = (struct cell){ dmig_report_get_package(report), STYLE_PLAIN };
        ret->cells[1] = (struct cell){ from ? from : "-", STYLE_PLAIN };
        ret->cells[2] = (struct cell){ to ? to : "-", STYLE_PLAIN };
        ret->cells[3] = (struct cell){ dmig_result_to_string(result), report_style(result) };
        ret->cells[4] = (struct cell){ to ? ret->pending : "-", STYLE_PLAIN };
}

static void status_text_note(const struct terminal *terminal, const char *id, const char *text)
{
        fputs("      ", terminal->stream);
        terminal_put(terminal, STYLE_WARNING, id);
        terminal_put(terminal, STYLE_WARNING, text);
        fputc('\n', terminal->stream);
}

static void status_text_notes(const struct terminal *terminal, const struct dmig_report *report)
{
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);
                enum dmig_state state = dmig_step_get_state(step);

                if (dmig_step_is_modified(step))
                        status_text_note(terminal, dmig_step_get_id(step), " was modified after it was applied");
                if (state == DMIG_STATE_MISSING)
                        status_text_note(terminal, dmig_step_get_id(step), " is no longer in the package");
                if (state == DMIG_STATE_OUT_OF_ORDER)
                        status_text_note(terminal, dmig_step_get_id(step),
                                         " doesn't run: it was added to a version that the data is already past");
        }
}

/* What another process is doing with the package. */
static void status_text_progress(const struct terminal *terminal, const struct dmig_report *report)
{
        const struct dmig_event *event = dmig_report_get_progress(report);
        _cleanup_free_ char *running = event ? event_format_running(event) : NULL, *text = NULL;

        if (running && asprintf(&text, "running: %s", running) < 0)
                text = NULL;
        if (text)
                report_text_print_note(terminal, STYLE_PLAIN, text);
}

void status_text_print_table(const struct terminal *terminal, struct dmig_report *const *reports, size_t n, bool notes)
{
        struct columns columns = { .terminal = terminal };
        struct status_line line;

        assert(terminal);
        assert(n == 0 || reports);

        columns_fit(&columns, heading);
        for (size_t i = 0; i < n; i++) {
                status_line_init(reports[i], &line);
                columns_fit(&columns, line.cells);
        }

        columns_print(&columns, heading);
        for (size_t i = 0; i < n; i++) {
                status_line_init(reports[i], &line);
                columns_print(&columns, line.cells);
                if (!notes)
                        continue;
                status_text_progress(terminal, reports[i]);
                if (dmig_report_get_error(reports[i]))
                        report_text_print_note(terminal, report_style(dmig_report_get_result(reports[i])),
                                               dmig_report_get_error(reports[i]));
                status_text_notes(terminal, reports[i]);
        }
}

static void status_text_undoable(const struct terminal *terminal, const struct dmig_report *report)
{
        size_t n = dmig_report_count_undoable(report);
        uint64_t bytes = dmig_report_get_undo_bytes(report);
        char size[BYTES_MAX];

        if (n == 0)
                return;
        format_bytes(bytes, size);
        fprintf(terminal->stream, "  can be undone: %zu migration%s%s%s\n", n, n == 1 ? "" : "s", bytes ? ", " : "",
                bytes ? size : "");
}

void status_text_print_package(const struct terminal *terminal, const struct dmig_report *report)
{
        assert(terminal);
        assert(report);

        fputc('\n', terminal->stream);
        report_text_print_heading(terminal, report);
        report_text_print_steps(terminal, report, ~0U);
        report_text_print_result(terminal, report);
        status_text_progress(terminal, report);
        status_text_undoable(terminal, report);
        status_text_notes(terminal, report);
}
