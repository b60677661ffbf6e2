/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The child side of process.c: enters the sandbox, starts the program, waits for it, and ends every process that it left behind.
 * Everything in it is async-signal-safe, since it runs between fork and exec of a process that may have other threads.
 */

#include "sandbox/descendants.h"
#include "sandbox/process.h"

enum keeper_command {
        KEEPER_BEGIN = 'B',     /* the program, with process_request.meanwhile only */
        KEEPER_TERMINATE = 'T', /* SIGTERM to the whole tree */
        KEEPER_KILL = 'K',      /* SIGKILL to the whole tree, as when the control socket is closed */
};

/* What the keeper reports over the control socket: a failure before exec, what the program has left running, or its end. */
struct keeper_message {
        enum { KEEPER_SANDBOX_FAILED, KEEPER_EXEC_FAILED, KEEPER_LEFT, KEEPER_ENDED } kind;
        int error;                        /* a negative errno */
        size_t step;                      /* of the sandbox */
        int status;                       /* as of waitpid(2) */
        char left[DESCENDANTS_NAMES_MAX]; /* the names of processes, with commas between them */
};

struct keeper {
        const struct process_request *request;
        int control;   /* SOCK_SEQPACKET */
        int output;    /* stdout and stderr of the program */
        int progress;  /* its descriptor for progress */
        pid_t program; /* set by keeper_main(), as are the members below */
        bool ended;    /* whether the program has ended, with status */
        int status;
};

/* Sends a message to the other side, or a command. It is lost only with that side: no other error lasts. */
void keeper_pass(int socket, const void *message, size_t size);
/* Runs in the child; ends it. */
_Noreturn void keeper_main(struct keeper *keeper);
