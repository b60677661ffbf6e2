/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Programs run by process_run(), what they printed, and what is left of them. */

#include "sandbox/process.h"

struct program {
        const char *script;      /* for a shell */
        const char *const *argv; /* instead of it */
        const char *const *envp; /* NULL: PATH and the mark */
        bool sandboxed;          /* in a sandbox for checks */
        const struct sandbox *sandbox;
        uint64_t timeout_usec;
        int stop_fd; /* 0: none */
        void (*on_line)(const char *line, void *userdata);
        void (*on_tick)(uint64_t elapsed_usec, void *userdata);
        void *userdata;
};

struct run {
        int r;
        struct process_result result;
        struct error error;
        char *output; /* its lines, each with a newline behind it */
        size_t n_lines;
};

void program_run(const struct program *program, struct run *ret);
void run_done(struct run *run);

/* How many processes were started by programs of this test, and live: they are known by a mark in their environment. */
size_t program_count(void);
/* The mark, which is made by the first who asks. */
const char *program_mark(void);
