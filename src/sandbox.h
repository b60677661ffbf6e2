/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration can touch. In: the phase, and the paths that its manifest declares. Out: a table of typed steps, made in
 * the parent (sandbox-prepare.c), which the child runs between fork and exec (sandbox.c), so that nothing there allocates
 * or locks.
 *
 * The steps: name spaces of its own for mounts, processes and network; the whole tree read-only; for migrate private /tmp
 * and /var/tmp, and the declared paths attached again as they were; last, the capabilities dropped that would lead out.
 */

#include "manifest.h"
#include "root.h"

enum sandbox_phase {
        SANDBOX_CHECK,   /* nothing is writable */
        SANDBOX_MIGRATE, /* what is declared is */
};

enum sandbox_step_type {
        STEP_NETWORK,   /* join the empty network */
        STEP_PRIVATE,   /* what is mounted here is not mounted elsewhere */
        STEP_DETACH,    /* keep a copy of the tree at path, with the flags that it has now */
        STEP_READ_ONLY, /* the whole tree */
        STEP_PROC,      /* of its own processes: through those of others it could reach their root directories */
        STEP_TMPFS,
        STEP_DIRECTORY, /* in the new tmpfs */
        STEP_FILE,
        STEP_ATTACH, /* the kept copy, at its path */
        STEP_DROP_CAPABILITIES,
};

struct sandbox_step {
        enum sandbox_step_type type;
        const char *path; /* static, or one of the sandbox's */
        size_t slot;      /* DETACH and ATTACH: which copy */
};

#define SANDBOX_SLOTS_MAX   64
#define SANDBOX_VISIBLE_MAX 4

struct sandbox {
        struct sandbox_step *steps;
        size_t n_steps;
        char **paths; /* those that the steps name */
        size_t n_paths;
        char **made; /* directories that weren't there before, parents first */
        size_t n_made;
        int network; /* borrowed; -EBADF: the host's */
};

struct sandbox_request {
        const struct root *root;
        enum sandbox_phase phase;
        const struct manifest *manifest;
        const char *const
                *visible; /* what stays visible, even below /tmp; ended by NULL, SANDBOX_VISIBLE_MAX at most */
        int network;      /* an empty network name space, must outlive the sandbox */
};

/*
 * Declared directories that don't exist are made, and removed with the sandbox where they are still empty.
 * Returns: 0, or a negative errno with @error set.
 */
int sandbox_new(const struct sandbox_request *request, struct sandbox **ret, struct error *error);
struct sandbox *sandbox_free(struct sandbox *sandbox);
DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/* What clone(2) needs. */
#define SANDBOX_CLONE_FLAGS (CLONE_NEWNS | CLONE_NEWPID)

/*
 * In the child. Async-signal-safe. @network: the sandbox's own, or a copy of it.
 * Returns: 0, or a negative errno with the number of the failed step in @ret_step.
 */
int sandbox_enter(const struct sandbox *sandbox, int network, size_t *ret_step);
/* In the parent: sets @error to what the step @step failed to do. Returns: @code. */
int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error);
