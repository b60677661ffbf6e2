/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/status-text.h"

#include "basic/macro.h"
#include "cli/need.h"
#include "cli/report/event-field.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/format.h"
#include "cli/terminal/wrap.h"

#include <stdio.h>

#define SHOWN_MAX 20 /* so many packages fit on a screen, whatever is wrong with them */

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

/* ---- What there is to say of a package ---- */

static void status_text_note(const struct terminal *terminal, const char *id, const char *text)
{
        _cleanup_free_ char *note = NULL;

        if (asprintf(&note, "%s%s", id, text) < 0)
                note = NULL;
        else
                report_text_print_note(terminal, STYLE_WARNING, note);
}

/* @missing: also which migrations the package no longer has, of which many have some. */
static void status_text_notes(const struct terminal *terminal, const struct dmig_report *report, bool missing)
{
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);
                enum dmig_state state = dmig_step_get_state(step);

                if (dmig_step_is_modified(step))
                        status_text_note(terminal, dmig_step_get_id(step), " was modified after it was applied");
                if (state == DMIG_STATE_MISSING && missing)
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
        _cleanup_free_ char *running = NULL, *text = NULL;
        const char *command;
        char since[TIME_MAX];

        if (!event)
                return;
        running = need_memory(event_format_running(event));
        format_time(event_field_time(event, "since"), since);
        command = event_field_text(event, "command");
        if (streq(command, "run"))
                command = "";
        if (asprintf(&text, "%s%srunning since %s: %s", command, command[0] ? " " : "", since, running) < 0)
                need_memory(text = NULL);
        report_text_print_note(terminal, STYLE_PLAIN, text);
}

/* ---- The table ---- */

/* Worst first; the results that aren't here are the best. */
static const struct {
        enum dmig_result result;
        const char *text;
} ranks[] = {
        { DMIG_RESULT_ERROR, "can't be used" },         { DMIG_RESULT_FAILED, "failed" },
        { DMIG_RESULT_DOWNGRADE, "downgraded" },        { DMIG_RESULT_RUNNING, "running" },
        { DMIG_RESULT_POSTPONED, "postponed" },         { DMIG_RESULT_PENDING, "pending" },
        { DMIG_RESULT_NOT_INSTALLED, "not installed" }, { DMIG_RESULT_NOTHING_TO_DO, "with nothing to do" },
};

static size_t report_rank(const struct dmig_report *report)
{
        size_t i = 0;

        while (i < ELEMENTSOF(ranks) && ranks[i].result != dmig_report_get_result(report))
                i++;
        return i;
}

static int report_compare(const void *a, const void *b)
{
        const struct dmig_report *const *one = a, *const *other = b;
        size_t x = report_rank(*one), y = report_rank(*other);

        if (x != y)
                return x < y ? -1 : 1;
        return strcmp(dmig_report_get_package(*one), dmig_report_get_package(*other));
}

void status_text_sort(struct dmig_report **reports, size_t n)
{
        assert(n == 0 || reports);

        if (n > 0)
                qsort(reports, n, sizeof(*reports), report_compare);
}

/* Whether an administrator has to know of it. */
static bool report_matters(const struct dmig_report *report)
{
        enum dmig_result result = dmig_report_get_result(report);

        if (result != DMIG_RESULT_NOTHING_TO_DO && result != DMIG_RESULT_NOT_INSTALLED)
                return true;
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);

                if (dmig_step_is_modified(step) || dmig_step_get_state(step) == DMIG_STATE_OUT_OF_ORDER)
                        return true;
        }
        return false;
}

static bool status_view_shows(const struct status_view *view, const struct dmig_report *report)
{
        return view->named || view->all || view->n <= SHOWN_MAX || report_matters(report);
}

static void status_text_print_line(const struct status_view *view, const struct columns *columns,
                                   const struct dmig_report *report)
{
        const char *error = dmig_report_get_error(report);
        struct status_line line;

        status_line_init(report, &line);
        columns_print(columns, line.cells);
        if (view->named)
                return;
        status_text_progress(view->terminal, report);
        if (error && dmig_report_get_result(report) != DMIG_RESULT_NOT_INSTALLED)
                report_text_print_note(view->terminal, report_style(dmig_report_get_result(report)), error);
        status_text_notes(view->terminal, report, view->all);
        report_text_print_commands(view->terminal, report, view->root);
}

static void status_text_print_table(const struct status_view *view)
{
        struct columns columns = { .terminal = view->terminal };
        struct status_line line;
        size_t n = 0;

        columns_fit(&columns, heading);
        for (size_t i = 0; i < view->n; i++)
                if (status_view_shows(view, view->reports[i])) {
                        status_line_init(view->reports[i], &line);
                        columns_fit(&columns, line.cells);
                        n++;
                }
        if (n > 0)
                columns_print(&columns, heading);
        for (size_t i = 0; i < view->n; i++)
                if (status_view_shows(view, view->reports[i]))
                        status_text_print_line(view, &columns, view->reports[i]);
}

/* "300 packages: 2 failed, 298 with nothing to do; --all lists them all" */
static void status_text_print_sums(const struct status_view *view)
{
        struct wrap wrap = { .terminal = view->terminal, .indent = 2 };
        size_t counts[ELEMENTSOF(ranks) + 1] = { 0 }, hidden = 0;
        char text[64];
        const char *separator = ": ";

        for (size_t i = 0; i < view->n; i++) {
                counts[report_rank(view->reports[i])]++;
                hidden += !status_view_shows(view, view->reports[i]);
        }
        snprintf(text, sizeof(text), "%zu package%s", view->n, view->n == 1 ? "" : "s");
        wrap_put(&wrap, STYLE_BOLD, text);
        for (size_t i = 0; i < ELEMENTSOF(ranks); i++) {
                if (counts[i] == 0)
                        continue;
                wrap_put(&wrap, STYLE_PLAIN, separator);
                snprintf(text, sizeof(text), "%zu %s", counts[i], ranks[i].text);
                wrap_put(&wrap, report_style(ranks[i].result), text);
                separator = ", ";
        }
        if (hidden > 0)
                wrap_put(&wrap, STYLE_PLAIN, "; --all lists them all");
        fputc('\n', view->terminal->stream);
}

void status_text_print_all(const struct status_view *view)
{
        assert(view && view->terminal);

        if (view->n == 0) {
                fputs("no package has migrations\n", view->terminal->stream);
                return;
        }
        status_text_print_table(view);
        status_text_print_sums(view);
}

/* ---- Named packages ---- */

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

static void status_text_print_package(const struct status_view *view, const struct dmig_report *report)
{
        const struct terminal *terminal = view->terminal;

        fputc('\n', terminal->stream);
        report_text_print_heading(terminal, report);
        report_text_print_steps(terminal, report, ~0U);
        report_text_print_result(terminal, report);
        status_text_progress(terminal, report);
        status_text_undoable(terminal, report);
        status_text_notes(terminal, report, true);
        report_text_print_commands(view->terminal, report, view->root);
}

void status_text_print_named(const struct status_view *view)
{
        assert(view && view->terminal);

        if (view->n > 0)
                status_text_print_table(view);
        for (size_t i = 0; i < view->n; i++)
                status_text_print_package(view, view->reports[i]);
}
