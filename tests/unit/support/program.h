/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Programs run by process_run(), their output, and the processes that they leave. */

#include "process/process.h"

struct program {
        const char *script;      /* for a shell */
        const char *const *argv; /* instead of the script */
        const char *const *envp; /* NULL: PATH and the mark */
        bool sandboxed;          /* in a sandbox for checks */
        const struct sandbox *sandbox;
        uint64_t timeout_usec;
        bool gentle;
        int (*meanwhile)(void *userdata, struct error *error);
        struct host *host; /* instead of one of its own */
        const struct extension *extension;
        bool sealed, retract, renew;
        int stop_fd; /* 0: none */
        void (*on_line)(const char *line, void *userdata);
        void (*on_tick)(uint64_t elapsed_usec, void *userdata);
        void *userdata;
};

struct run {
        int r;
        struct process_result result;
        struct error error;
        char *output; /* its lines, each with a newline; among them "progress: LINE" and "left: NAMES" */
        size_t n_lines;
};

/* Returns: a sandbox for checks, in which the trees of tests are visible. */
struct sandbox *program_new_sandbox(int *ret_network);
void program_run(const struct program *program, struct run *ret);
void run_done(struct run *run);

/* Returns: how many processes that programs of this test started are alive. They have a mark in their environment. */
size_t program_count(void);
/* Returns: the mark, which the first call makes. */
const char *program_mark(void);
