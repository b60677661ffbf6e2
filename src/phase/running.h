/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a run, a preview or an undo is doing now, for others to read without the package's lock: its last "progress" event, in a file beside that
 * lock. It is there from its first migration to its last. It holds a lock on the file itself, so what a killed one has left says nothing.
 */

#include "package/context.h"

struct running {
        const struct dmig *ctx;
        const char *package;
        const char *command; /* "preview" or "undo"; NULL: a run */
        int dir, file;       /* -EBADF until something is written */
        bool roomy;          /* the file can be written to in place */
        char *name;          /* of the file, which is removed when there may be no memory */
        char *id;            /* of the migration at hand */
        char *since;         /* when its first event was written */
};

#define RUNNING_NONE                          \
        {                                     \
                .dir = -EBADF, .file = -EBADF \
        }

/* Replaces what is told by @event, which must have an "id". If that fails, status doesn't know of it. */
void running_write(struct running *running, const struct dmig_event *event);
/* The same of a phase that tells no progress: "commit", "undo", or the check before it. */
void running_tell(struct running *running, const char *id, const char *phase);
/* Nothing runs any more. */
void running_done(struct running *running);
/*
 * The event also has "command", which is "run", "preview" or "undo", and "since", the time at which its migration began; its "elapsed_ms" is that of now. Returns: 1, 0 if nothing
 * runs or it can't be read, or -ENOMEM.
 */
_must_check_ int running_read(const struct dmig *ctx, const char *package, struct dmig_event **ret);
