/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where programs are run: a sandbox that a keeper (keeper.c) has entered, or the system as it is. In: the sandbox. Out: a process that is told
 * to run one program after the other. It can run another one as long as the last has left nothing that the next would find; nobody but us
 * may reach it, so it ends when its control socket is closed.
 */

#include "sandbox/sandbox.h"

#include <sys/types.h>

struct keeper_order;

struct host {
        const struct sandbox *sandbox; /* NULL: directly on the system; must outlive the host */
        int lock_fd;                   /* open until the last process has ended; -EBADF: none */
        pid_t keeper;                  /* 0: it isn't running */
        pid_t former;                  /* a keeper that was dismissed, and may still be ending; 0: none */
        int control;                   /* of the keeper */
        int output;                    /* what its programs write, which is read without blocking */
        int progress;                  /* the same of their descriptor for progress */
        struct keeper_order *order;
        bool reusable; /* it has run a program, and can run another one */
};

#define HOST_OF(of_sandbox, lock)                                                                                   \
        {                                                                                                           \
                .sandbox = (of_sandbox), .lock_fd = (lock), .control = -EBADF, .output = -EBADF, .progress = -EBADF \
        }

/* Starts its keeper, which then makes the sandbox, unless it is running. Returns: 0 or a negative errno. */
_must_check_ int host_start(struct host *host);
/* Ends its keeper, without waiting for the kernel to remove the sandbox. */
void host_dismiss(struct host *host);
/* Waits for the end of the keeper that was dismissed, if there is one. */
void host_reap(struct host *host);
/* Both. The host can be started again. */
void host_end(struct host *host);
