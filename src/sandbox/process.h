/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One program, from start to end, with all that it starts. In: what to run, in which sandbox, for how long. Out: how it
 * ended. Its output is handed out line by line as it comes.
 *
 * Between us and the program stands a keeper (keeper.c): the first process of the program's PID name space, or, outside of a
 * sandbox, a subreaper. It outlives neither the program nor us, and takes every descendant with it.
 */

#include "sandbox/output.h"
#include "sandbox/sandbox.h"

#include <stdint.h>

/* Between SIGTERM and SIGKILL. */
#define PROCESS_GRACE_SEC 10

struct process_request {
        char *const *argv;
        char *const *envp;
        const struct sandbox *sandbox; /* NULL: directly on the system */
        uint64_t timeout_usec;         /* 0: none */
        int stop_fd;                   /* readable when the program has to be stopped */
        int lock_fd;                   /* stays open until the last process has ended; -EBADF: none */
        struct output *output;
        void (*tick)(uint64_t elapsed_usec, void *userdata); /* about once a second */
        void *userdata;
};

enum process_end {
        PROCESS_EXITED,    /* status: the exit status */
        PROCESS_SIGNALED,  /* status: the signal */
        PROCESS_TIMED_OUT, /* status: of no meaning */
        PROCESS_STOPPED,   /* because of stop_fd; status: of no meaning */
};

struct process_result {
        enum process_end end;
        int status;
        uint64_t duration_usec;
};

/*
 * Returns: 0, or a negative errno with @error set where the program could not be started: -ENOEXEC and -ENOENT are what
 * execve(2) says of it, any other comes from the sandbox or the system.
 */
int process_run(const struct process_request *request, struct process_result *ret, struct error *error);
