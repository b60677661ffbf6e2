/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is told of a phase while it runs. In: the seconds that pass, and the lines that the program writes to its descriptor for progress.
 * Out: events "progress", one a second at most, and, of a run, the file that status reads, from the first moment on.
 */

#include "phase/progress-line.h"

struct phase;

struct phase_progress {
        struct progress_line line;
        bool known;      /* the program has written a line */
        bool complained; /* about one that isn't progress */
        uint64_t begin;
        uint64_t next; /* no event before this time */
};

void phase_progress_begin(struct phase *phase);
void phase_progress_end(struct phase *phase);
/* Callbacks of struct process_request; @userdata is the phase. */
void phase_progress_tick(uint64_t elapsed_usec, void *userdata);
void phase_progress_line(const char *line, void *userdata);
