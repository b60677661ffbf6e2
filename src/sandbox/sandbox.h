/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration can touch. In: the phase, and the overlays that it works in. Out: a table of typed steps, made in the
 * parent (sandbox-prepare.c), which the child runs between fork and exec (sandbox.c), so that nothing there allocates
 * or locks.
 *
 * The steps: name spaces of its own for mounts, processes and network; the whole tree read-only; for migrate private /tmp
 * and /var/tmp; the overlays; last, the capabilities dropped that would lead out.
 */

#include "basic/error.h"

#include <stddef.h>

enum sandbox_phase {
        SANDBOX_CHECK,
        SANDBOX_MIGRATE,
};

/* An overlay, and the directory that it is to lie over. */
struct sandbox_mount {
        const char *path; /* as the system knows it, without links */
        int fd;           /* as of fsmount(2), attached nowhere yet */
        char **shields;   /* names below the path, relative: stay as they are on the system, read-only; ended by NULL */
};

enum sandbox_step_type {
        STEP_NETWORK,   /* join the empty network */
        STEP_PRIVATE,   /* what is mounted here is not mounted elsewhere */
        STEP_READ_ONLY, /* the whole tree */
        STEP_DETACH,    /* keep a copy of the tree at path */
        STEP_TMPFS,
        STEP_DIRECTORY, /* in the new tmpfs */
        STEP_OPEN,      /* the directory at path, before an overlay lies over it */
        STEP_ATTACH,    /* a copy, at path */
        STEP_COVER,     /* the directory at path, with an overlay */
        STEP_SHIELD,    /* what was at path/name, over the overlay */
        STEP_PROC,      /* of its own processes: through those of others it could reach their root directories */
        STEP_DROP_CAPABILITIES,
};

/* Numbers are places in the sandbox's table of file descriptors. */
struct sandbox_step {
        enum sandbox_step_type type;
        const char *path;
        const char *name; /* SHIELD, below path */
        size_t fd;        /* NETWORK, DETACH, OPEN, ATTACH; COVER, SHIELD: of the overlay */
        size_t covered;   /* SHIELD: the directory that the overlay lies over */
};

struct sandbox {
        struct sandbox_step *steps;
        size_t n_steps;
        int *fds; /* the parent's, borrowed: the network, the overlays; behind them those that steps open in the child */
        size_t n_given; /* the parent's */
        size_t n_fds;
};

/* All of it must outlive the sandbox. */
struct sandbox_request {
        enum sandbox_phase phase;
        int network;                        /* an empty network name space */
        bool network_allowed;               /* migrate stays in the system's network */
        const char *const *visible;         /* what stays visible, even below /tmp; ended by NULL */
        const struct sandbox_mount *mounts; /* sorted by path */
        size_t n_mounts;
};

/* Returns: 0 or -ENOMEM. */
int sandbox_new(const struct sandbox_request *request, struct sandbox **ret);
struct sandbox *sandbox_free(struct sandbox *sandbox);
DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/* What clone(2) needs. */
#define SANDBOX_CLONE_FLAGS (CLONE_NEWNS | CLONE_NEWPID)

/*
 * In the child. Async-signal-safe. Fills in the table of file descriptors, which is the child's own, and closes all that are in it.
 * Returns: 0, or a negative errno with the number of the failed step in @ret_step.
 */
int sandbox_enter(const struct sandbox *sandbox, size_t *ret_step);
/* In the parent: sets @error to what the step @step failed to do. Returns: @code. */
int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error);
