/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration can reach. In: the phase, and the overlays that the migration works in. Out: a table of typed steps, made by the
 * parent (sandbox-prepare.c), which the child runs between fork and exec (sandbox.c), so that the child neither allocates
 * nor locks.
 *
 * The steps: namespaces of its own for mounts, processes and network; the whole tree read-only; for migrate a private /tmp
 * and /var/tmp; the overlays; and at the end the capabilities are dropped that could undo all this.
 */

#include "basic/error.h"
#include "basic/strv.h"

#include <stddef.h>

enum sandbox_phase {
        SANDBOX_CHECK,
        SANDBOX_MIGRATE,
};

/* An overlay, and the directory that it covers. */
struct sandbox_mount {
        const char *path;    /* of the directory, with all links resolved */
        int fd;              /* of fsmount(2), not attached yet */
        struct strv shields; /* relative paths below path that stay the system's own, read-only */
};

enum sandbox_step_type {
        STEP_NETWORK,   /* join the empty network */
        STEP_PRIVATE,   /* mounts made here don't appear in other namespaces */
        STEP_READ_ONLY, /* the whole tree */
        STEP_DETACH,    /* keep a clone of the mounts at path */
        STEP_TMPFS,
        STEP_DIRECTORY, /* in the new tmpfs */
        STEP_OPEN,      /* the directory at path, before an overlay covers it */
        STEP_ATTACH,    /* a clone, at path */
        STEP_COVER,     /* the directory at path with an overlay */
        STEP_SHIELD,    /* attach the system's path/name over the overlay's */
        STEP_PROC,      /* with its own processes only: those of others would lead to their root directories */
        STEP_DROP_CAPABILITIES,
};

/* fd and covered are indexes into the sandbox's table of file descriptors. */
struct sandbox_step {
        enum sandbox_step_type type;
        const char *path;
        const char *name; /* SHIELD, below path */
        size_t fd;        /* NETWORK, DETACH, OPEN, ATTACH; COVER, SHIELD: of the overlay */
        size_t covered;   /* SHIELD: the directory that the overlay covers */
};

struct sandbox {
        struct sandbox_step *steps;
        size_t n_steps;
        int *fds; /* the parent's (borrowed): the network, the overlays; then those that steps open in the child */
        size_t n_given; /* number of the parent's */
        size_t n_fds;
};

/* Must outlive the sandbox, with everything in it. */
struct sandbox_request {
        enum sandbox_phase phase;
        int network;                        /* an empty network namespace */
        bool network_allowed;               /* migrate uses the system's network */
        const char *const *visible;         /* paths that stay visible even below /tmp; ended by NULL */
        const struct sandbox_mount *mounts; /* sorted by path */
        size_t n_mounts;
};

/* Returns: 0 or -ENOMEM. */
_must_check_ int sandbox_new(const struct sandbox_request *request, struct sandbox **ret);
struct sandbox *sandbox_free(struct sandbox *sandbox);
DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/* For clone(2) of the child. */
#define SANDBOX_CLONE_FLAGS (CLONE_NEWNS | CLONE_NEWPID)

/*
 * Runs the steps in the child. Async-signal-safe. Writes to the table of file descriptors, which is the child's copy, and closes all of them
 * at the end. Returns: 0, or a negative errno with the number of the failed step in @ret_step.
 */
_must_check_ int sandbox_enter(const struct sandbox *sandbox, size_t *ret_step);
/* Sets @error to what the step @step could not do, in the parent. Returns: @code. */
int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error);
