/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a program has left in its sandbox, for the next one to find. In: the sandbox, as the keeper has entered it. Out: whether it is as it was
 * before the first program: the private directories, of which times and attributes count as well, what there is in the IPC name space, and the
 * limits and priorities of the keeper, which its children inherit. Whatever else there is ends with the program's processes, or belongs to it
 * alone, as its keyring. All of it is async-signal-safe.
 *
 * Looking at all that is faster than fanotify(7): to close its descriptor takes the kernel some ten milliseconds, a grace period of SRCU.
 */

#include "sandbox/sandbox.h"

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#define TRACES_MAX 512 /* directories; there are as many as in /run, two levels deep, and a dozen */

struct traces {
        const struct sandbox *sandbox;
        dev_t device; /* of the private directories */
        /* What is looked at: each an open directory, or a file that is open with O_PATH. */
        int fds[TRACES_MAX];
        ino_t inodes[TRACES_MAX];
        dev_t devices[TRACES_MAX];
        size_t n;
        int queues; /* the root of the file system of POSIX message queues; negative: the kernel has none */
        /* Digests of how it was at first, and the tick of the kernel's clock that it was then. */
        uint64_t all, most;
        struct timespec tick;
        bool early; /* a program began within that tick, so that what it has changed may have the same times */
};

/* Returns: 0, or a negative errno: then nothing can be known. */
_must_check_ int traces_init(struct traces *traces, const struct sandbox *sandbox);
/* Before a program begins. */
void traces_begin(struct traces *traces);
/* Returns: whether there are any, or whether that isn't known. */
bool traces_are_left(const struct traces *traces);
