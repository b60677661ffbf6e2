/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One program, from start to end, with every process that it starts. In: what to run, in which sandbox, for how long. Out: how it
 * ended. Its output is passed on line by line as it arrives.
 *
 * The program's parent is the keeper of its host: the first process of the program's PID namespace or, without a sandbox, a subreaper. It
 * doesn't outlive us, and ends every descendant of the program with it.
 */

#include "process/host.h"
#include "process/output.h"

#include <stdint.h>

/* Between SIGTERM and SIGKILL. */
#define PROCESS_GRACE_SEC 10

/* Open in each program, besides standard input, output and error. */
#define PROCESS_PROGRESS_FD 3

struct process_request {
        char *const *argv;
        char *const *envp;
        struct host *host;     /* where it runs; started unless it is */
        uint64_t timeout_usec; /* 0: none */
        int stop_fd;           /* readable as soon as the program has to stop */
        struct output *output;
        /*
         * Called once, while the sandbox is made if it has to be: the program begins after it has succeeded, and not at all if it fails. NULL:
         * nothing to do meanwhile.
         */
        int (*meanwhile)(void *userdata, struct error *error);
        const struct extension
                *extension; /* what the host's sandbox gets for this program and those after it; NULL: nothing */
        bool retract; /* the extension is taken away when this program has ended; else the host isn't fit for others */
        bool sealed;  /* the overlays of the host's sandbox are read-only from now on */
        bool gentle;  /* if it ends well, what it has left running gets SIGTERM and the time to end */
        bool renew; /* we have changed the system since the host's last program: its covers must not show what was before */
        void (*tick)(uint64_t elapsed_usec, void *userdata); /* about once a second */
        void (*progress)(const char *line,
                         void *userdata); /* a line that it has written to PROCESS_PROGRESS_FD; NULL: ignored */
        void (*left_running)(const char *names, void *userdata); /* with @gentle, of processes; may be NULL */
        void *userdata;
};

enum process_end {
        PROCESS_EXITED,    /* status: the exit status */
        PROCESS_SIGNALED,  /* status: the signal */
        PROCESS_TIMED_OUT, /* status: unused */
        PROCESS_STOPPED,   /* because of stop_fd; status: unused */
};

struct process_result {
        enum process_end end;
        int status;
        uint64_t duration_usec;
};

/*
 * Returns: 0, or a negative errno with @error set if the program can't be started: -ENOEXEC and -ENOENT come from execve(2),
 * others from the sandbox, the system or @meanwhile. All processes of the program have ended then. The host is dismissed unless it can run
 * another one.
 */
_must_check_ int process_run(const struct process_request *request, struct process_result *ret, struct error *error);
