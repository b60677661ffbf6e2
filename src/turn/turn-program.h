/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The administrator's program that asks for a turn: a process outside of every sandbox, with a pipe to each of its standard streams. In: its
 * path and arguments. Out: what it prints, as bytes; whether it lives, and how it has ended.
 */

#include "basic/error.h"

#include <sys/types.h>

struct turn_program {
        pid_t pid;  /* of it and of the process group that it leads; 0: none */
        int pidfd;  /* readable as soon as it has ended */
        int input;  /* to its standard input */
        int reader; /* the other end of that, held so that a write after its end is no SIGPIPE */
        int output; /* from its standard output, non-blocking; -EBADF at the end of it */
        int errors; /* the same of its standard error */
        int status; /* of waitid(2), when it has ended */
        int code;   /* likewise; 0 as long as it lives */
};

#define TURN_PROGRAM_NONE                                                                               \
        {                                                                                               \
                .pidfd = -EBADF, .input = -EBADF, .reader = -EBADF, .output = -EBADF, .errors = -EBADF, \
        }

/* Returns: 0 or a negative errno; those of execve(2), too. */
_must_check_ int turn_program_start(struct turn_program *program, char *const *argv, char *const *envp);
/* Whether it has not ended yet. */
bool turn_program_lives(struct turn_program *program);
/* Whether a signal has stopped it, so that it can't do what it has to. */
bool turn_program_is_stopped(const struct turn_program *program);
/* Passes what can be read from *@fd without waiting to @feed, and closes it at its end. Returns: 0 or a negative errno. */
_must_check_ int turn_program_read(int *fd, void (*feed)(const char *data, size_t size, void *userdata),
                                   void *userdata);
/* Closes its standard input, and awaits its end; after @patience_sec its processes get SIGTERM, and at last SIGKILL. */
void turn_program_end(struct turn_program *program, unsigned patience_sec);
