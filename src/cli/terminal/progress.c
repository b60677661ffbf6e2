/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/progress.h"

#include "basic/macro.h"
#include "cli/terminal/format.h"

/* A longer line would wrap, and then couldn't be erased. */
static void progress_fit(const struct terminal *terminal, char *line)
{
        size_t columns = terminal_width(terminal) - 1;

        if (strlen(line) > columns)
                line[columns] = '\0';
}

void progress_show(struct progress *progress, const struct progress_step *step)
{
        const struct terminal *terminal = progress->terminal;
        char elapsed[DURATION_MAX], limit[DURATION_MAX], line[512];

        assert(step);

        format_span(step->elapsed_ms / 1000, elapsed);
        format_span(step->timeout_sec, limit);
        snprintf(line, sizeof(line), "%s %s: %s %s%s%s%s%s", step->package, step->id, step->phase, elapsed,
                 step->timeout_sec > 0 ? " of " : "", step->timeout_sec > 0 ? limit : "", step->advance ? ", " : "",
                 step->advance ? step->advance : "");
        progress_fit(terminal, line);

        progress_clear(progress);
        terminal_put(terminal, STYLE_DIM, line);
        fflush(terminal->stream);
        progress->shown = true;
}

void progress_clear(struct progress *progress)
{
        assert(progress);

        if (!progress->shown)
                return;
        fputs("\r\033[K", progress->terminal->stream);
        progress->shown = false;
}
