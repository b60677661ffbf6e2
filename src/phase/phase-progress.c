/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/phase-progress.h"

#include "basic/clock.h"
#include "phase/phase.h"
#include "phase/running.h"
#include "turn/turn.h"

#include <syslog.h>

static struct emission phase_progress_get_emission(const struct phase *phase, uint64_t now)
{
        const struct phase_progress *progress = &phase->progress;
        const struct progress_line *line = &progress->line;
        int64_t elapsed_ms = (int64_t)((now - progress->begin) / USEC_PER_MSEC);

        return (struct emission){ "progress",
                                  { { "id", .text = phase->migration->id },
                                    { "phase", .text = phase->name },
                                    { "elapsed_ms", .number = elapsed_ms },
                                    { "timeout_sec", .number = (int64_t)phase->timeout_sec },
                                    { progress->known ? "percent" : NULL, .number = line->percent },
                                    { "text", .text = line->text },
                                    { line->total >= 0 ? "done" : NULL, .number = line->done },
                                    { "total", .number = line->total } } };
}

static void phase_progress_write(const struct phase *phase)
{
        const struct emission emission = phase_progress_get_emission(phase, phase->progress.begin);
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        if (emission_make_event(&emission, phase->ctx, phase->package, &event) >= 0)
                running_write(phase->running, event);
}

void phase_progress_begin(struct phase *phase)
{
        phase->progress = (struct phase_progress){ .begin = now_usec(CLOCK_MONOTONIC) };
        if (phase->running)
                phase_progress_write(phase);
}

void phase_progress_end(struct phase *phase)
{
        progress_line_done(&phase->progress.line);
}

/* If memory runs out, nobody is told this time. */
static void phase_progress_tell(struct phase *phase, uint64_t now)
{
        const struct emission emission = phase_progress_get_emission(phase, now);
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        phase->progress.next = now + USEC_PER_SEC;
        if (emission_make_event(&emission, phase->ctx, phase->package, &event) < 0)
                return;
        context_notify(phase->ctx, event);
        if (phase->running)
                running_write(phase->running, event);
}

void phase_progress_tick(uint64_t elapsed_usec, void *userdata)
{
        const struct phase *phase = userdata;

        (void)elapsed_usec;
        turn_listen(phase->turn); /* what it prints must not fill the pipe */
        phase_progress_tell(userdata, now_usec(CLOCK_MONOTONIC));
}

void phase_progress_line(const char *text, void *userdata)
{
        struct phase *phase = userdata;
        struct phase_progress *progress = &phase->progress;
        uint64_t now = now_usec(CLOCK_MONOTONIC);
        struct progress_line line;

        if (progress_line_parse(text, &line) < 0) {
                if (!progress->complained)
                        context_log(phase->ctx, LOG_DEBUG, phase->package,
                                    "%s: '%s' is no progress, such as '30/100 text' or '30%% text'; ignored",
                                    phase->migration->id, text);
                progress->complained = true;
                return;
        }
        progress_line_done(&progress->line);
        progress->line = line;
        progress->known = true;
        if (now >= progress->next)
                phase_progress_tell(phase, now);
}
