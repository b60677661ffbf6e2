/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/report-text.h"

#include "basic/macro.h"
#include "cli/report/next-command.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/format.h"
#include "cli/terminal/wrap.h"

#define HEADING_INDENT 4
#define NOTE_INDENT    6

static const struct {
        const char *ascii, *utf8;
        enum style style;
} looks[] = {
        [DMIG_STATE_PENDING] = { ".", "·", STYLE_PLAIN },     [DMIG_STATE_APPLIED] = { "+", "✓", STYLE_GOOD },
        [DMIG_STATE_SATISFIED] = { "=", "✓", STYLE_GOOD },    [DMIG_STATE_FAILED] = { "x", "✗", STYLE_BAD },
        [DMIG_STATE_POSTPONED] = { "~", "…", STYLE_WARNING }, [DMIG_STATE_GAVE_UP] = { "x", "✗", STYLE_BAD },
        [DMIG_STATE_SKIPPED] = { "-", "-", STYLE_DIM },       [DMIG_STATE_OUT_OF_ORDER] = { "?", "?", STYLE_WARNING },
        [DMIG_STATE_MISSING] = { "?", "?", STYLE_WARNING },   [DMIG_STATE_RUNNING] = { ">", "▸", STYLE_WARNING },
};

enum style report_style(enum dmig_result result)
{
        switch (result) {
        case DMIG_RESULT_COMPLETED:
                return STYLE_GOOD;
        case DMIG_RESULT_FAILED:
        case DMIG_RESULT_ERROR:
                return STYLE_BAD;
        case DMIG_RESULT_NOTHING_TO_DO:
                return STYLE_PLAIN;
        default:
                return STYLE_WARNING;
        }
}

/* The source of the version "from", in words. */
static const char *report_source_text(const char *source)
{
        static const char *const texts[][2] = {
                { "argument", "from the command line" },     { "history", "from the history" },
                { "config-version", "from Config-Version" }, { "dpkg-log", "from dpkg.log" },
                { "formerly", "from its former name" },      { "installed", "as installed" },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (streq(texts[i][0], source))
                        return texts[i][1];
        return source;
}

void report_text_print_heading(const struct terminal *terminal, const struct dmig_report *report)
{
        struct wrap wrap = { .terminal = terminal, .indent = HEADING_INDENT };
        const char *from, *to, *source;

        assert(terminal);
        assert(report);

        from = dmig_report_get_from(report);
        to = dmig_report_get_to(report);
        source = dmig_report_get_from_source(report);
        wrap_put(&wrap, STYLE_BOLD, dmig_report_get_package(report));
        if (from || to) {
                wrap_put(&wrap, STYLE_PLAIN, ": ");
                wrap_put(&wrap, STYLE_PLAIN, from ? from : "?");
                wrap_put(&wrap, STYLE_PLAIN, " ");
                wrap_put(&wrap, STYLE_PLAIN, terminal_arrow(terminal));
                wrap_put(&wrap, STYLE_PLAIN, " ");
                wrap_put(&wrap, STYLE_PLAIN, to ? to : "?");
        }
        if (from && source) {
                wrap_put(&wrap, STYLE_DIM, " (");
                wrap_put(&wrap, STYLE_DIM, report_source_text(source));
                wrap_put(&wrap, STYLE_DIM, ")");
        }
        fputc('\n', terminal->stream);
}

/* A line of the table of migrations, and its buffers. */
struct step_line {
        char state[64];
        char duration[DURATION_MAX];
        struct cell cells[COLUMNS_MAX];
};

static void step_line_init(const struct terminal *terminal, const struct dmig_step *step, struct step_line *ret)
{
        enum dmig_state state = dmig_step_get_state(step);
        int64_t duration = dmig_step_get_duration_ms(step);

        *ret = (struct step_line){ 0 };
        snprintf(ret->state, sizeof(ret->state), "%s%s%s%s", dmig_state_to_string(state),
                 dmig_step_is_modified(step) ? ", modified" : "", dmig_step_is_direct(step) ? ", direct" : "",
                 dmig_step_reaches_out(step) ? ", reaches out" : "");
        if (duration >= 0)
                format_duration(duration, ret->duration);

        ret->cells[0] = (struct cell){ terminal->utf8 ? looks[state].utf8 : looks[state].ascii, looks[state].style };
        ret->cells[1] = (struct cell){ dmig_step_get_id(step), STYLE_PLAIN };
        ret->cells[2] = (struct cell){ ret->state, looks[state].style };
        ret->cells[3] = (struct cell){ ret->duration, STYLE_PLAIN };
        ret->cells[4] = (struct cell){ dmig_step_get_description(step), STYLE_DIM };
}

static bool step_is_in(const struct dmig_step *step, unsigned states)
{
        return states & STATE_BIT(dmig_step_get_state(step));
}

size_t report_count_states(const struct dmig_report *report, unsigned states)
{
        size_t count = 0;

        assert(report);

        for (size_t i = 0; i < dmig_report_count(report); i++)
                if (step_is_in(dmig_report_get_step(report, i), states))
                        count++;
        return count;
}

/* A migration that was postponed for it has it in its reason. */
static void report_text_print_consent(const struct terminal *terminal, const char *text)
{
        fputs("      ", terminal->stream);
        terminal_put(terminal, STYLE_WARNING, "needs your consent: ");
        terminal_put(terminal, STYLE_WARNING, text);
        fputc('\n', terminal->stream);
}

static void step_line_print(const struct terminal *terminal, const struct columns *columns,
                            const struct dmig_step *step)
{
        struct step_line line;

        step_line_init(terminal, step, &line);
        columns_print(columns, line.cells);
        if (dmig_step_get_consent(step) && !dmig_step_get_error(step))
                report_text_print_consent(terminal, dmig_step_get_consent(step));
        if (dmig_step_get_error(step))
                report_text_print_note(terminal, STYLE_BAD, dmig_step_get_error(step));
}

void report_text_print_step(const struct terminal *terminal, const struct dmig_step *step)
{
        struct columns columns = { .terminal = terminal, .indent = 2 };
        struct step_line line;

        assert(terminal);
        assert(step);

        step_line_init(terminal, step, &line);
        columns_fit(&columns, line.cells);
        step_line_print(terminal, &columns, step);
}

void report_text_print_steps(const struct terminal *terminal, const struct dmig_report *report, unsigned states)
{
        struct columns columns = { .terminal = terminal, .indent = 2 };
        struct step_line line;

        assert(terminal);
        assert(report);

        for (size_t i = 0; i < dmig_report_count(report); i++) {
                step_line_init(terminal, dmig_report_get_step(report, i), &line);
                if (step_is_in(dmig_report_get_step(report, i), states))
                        columns_fit(&columns, line.cells);
        }
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);

                if (step_is_in(step, states))
                        step_line_print(terminal, &columns, step);
        }
}

void report_text_print_note(const struct terminal *terminal, enum style style, const char *text)
{
        struct wrap wrap;

        assert(terminal);
        assert(text);

        wrap = (struct wrap){ .terminal = terminal, .indent = NOTE_INDENT, .blanks = NOTE_INDENT };
        wrap_put(&wrap, style, text);
        fputc('\n', terminal->stream);
}

/* Whether the package's error was already printed as that of a migration. */
static bool report_text_has_error(const struct dmig_report *report, const char *error)
{
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const char *of_step = dmig_step_get_error(dmig_report_get_step(report, i));

                if (of_step && strstr(error, of_step))
                        return true;
        }
        return false;
}

void report_text_print_result(const struct terminal *terminal, const struct dmig_report *report)
{
        struct wrap wrap = { .terminal = terminal, .indent = NOTE_INDENT, .blanks = 2 };
        enum dmig_result result;
        const char *error;

        assert(terminal);
        assert(report);

        result = dmig_report_get_result(report);
        error = dmig_report_get_error(report);
        wrap_put(&wrap, report_style(result), dmig_result_to_string(result));
        if (error && !report_text_has_error(report, error)) {
                wrap_put(&wrap, STYLE_PLAIN, ": ");
                wrap_put(&wrap, STYLE_PLAIN, error);
        }
        fputc('\n', terminal->stream);
}

/* A command is never broken, so that it can be copied. */
static void report_text_put_command(const char *label, const char *command, void *userdata)
{
        const struct terminal *terminal = userdata;

        fprintf(terminal->stream, "%*s%s: ", NOTE_INDENT, "", label);
        terminal_put(terminal, STYLE_BOLD, command);
        fputc('\n', terminal->stream);
}

void report_text_print_commands(const struct terminal *terminal, const struct dmig_report *report, const char *root)
{
        struct terminal copy;
        struct next_command next;

        assert(terminal);
        assert(report);

        copy = *terminal;
        next = (struct next_command){ report, root, report_text_put_command, &copy };
        next_command_each(&next);
}
