/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The child side of a host: enters the sandbox, starts a program when it is told to, waits for it, and ends every process that the program has left running.
 * Everything in it is async-signal-safe, since it runs between fork and exec of a process that may have other threads.
 */

#include "process/descendants.h"
#include "process/host.h"
#include "process/traces.h"
#include "sandbox/extension.h"

#include <stdint.h>

enum keeper_command {
        KEEPER_RUN = 'R',       /* a program */
        KEEPER_TERMINATE = 'T', /* SIGTERM to the whole tree */
        KEEPER_KILL = 'K',      /* SIGKILL to the whole tree, as when the control socket is closed */
};

#define KEEPER_WORDS_MAX 64
#define KEEPER_TEXT_MAX  65536

/* The first byte of an order is its command. All that follows is for KEEPER_RUN, and sent as far as it is filled. */
struct keeper_order {
        char command;
        bool sealed;  /* the overlays are read-only from now on */
        bool retract; /* the extension goes when the program has ended */
        bool gentle;  /* if the program ends well, what it has left running gets SIGTERM and the time to end */
        bool renew;   /* the covers forget what they know, however short a time ago they did so */
        unsigned char n_argv, n_envp;
        unsigned short
                extension_size; /* of the text of an extension, after the words; its overlays are sent with the order */
        char text[KEEPER_TEXT_MAX]; /* all words, each with its terminator */
};

/* What the keeper reports over the control socket: a failure before exec, what the program has left running, or its end. */
struct keeper_message {
        enum {
                KEEPER_SANDBOX_FAILED,
                KEEPER_EXTEND_FAILED,
                KEEPER_DROP_FAILED, /* of privileges */
                KEEPER_EXEC_FAILED,
                KEEPER_LEFT,
                KEEPER_ENDED,
        } kind;
        int error;                        /* a negative errno */
        size_t step;                      /* of the sandbox */
        int status;                       /* as of waitpid(2) */
        bool reusable;                    /* nothing is left, so that the next program can run here as well */
        char left[DESCENDANTS_NAMES_MAX]; /* the names of processes, with commas between them */
};

struct keeper {
        const struct host *host;
        int control;  /* SOCK_SEQPACKET */
        int output;   /* stdout and stderr of the program */
        int progress; /* its descriptor for progress */
        /* Set by keeper_main(), as are the members below. */
        int child_fd; /* tells that a child has ended */
        pid_t program;
        bool ended; /* whether the program has ended, with status */
        int status;
        uint64_t renewed;     /* when the covers knew nothing yet, by CLOCK_MONOTONIC */
        bool watched;         /* what programs leave in the sandbox is known; else it serves one */
        struct traces traces; /* of them */
        struct extension extension;
};

/* Sends an order with the overlays of @extension, if there is one. Otherwise as keeper_pass(). */
void keeper_pass_order(int socket, struct keeper_order *order, size_t size, const struct extension *extension);
/* Sends a message to the other side. It is lost only with that side: no other error lasts. */
void keeper_pass(int socket, const void *message, size_t size);
/* Runs in the child; ends it. */
_Noreturn void keeper_main(struct keeper *keeper);
