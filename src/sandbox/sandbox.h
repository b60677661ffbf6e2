/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration can reach. In: the overlays that it works in, and what of the system it may see or connect to. Out: a table of typed
 * steps, made by the parent (sandbox-prepare.c, sandbox-private.c), which the child runs between fork and exec (sandbox.c), so that the
 * child neither allocates nor locks.
 *
 * The steps: name spaces of its own for mounts, processes, IPC and network; the whole tree read-only, and its device files dead; the overlays;
 * private, empty directories for temporary files and sockets, and a /dev with no more than what every program needs. Each program in it has
 * none of the capabilities that could undo all this (keeper.c).
 */

#include "basic/error.h"
#include "basic/strv.h"
#include "sandbox/system-files.h"

#include <stddef.h>

/* An overlay, and the directory that it covers. */
struct sandbox_mount {
        const char *path;    /* of the directory, with all links resolved */
        int fd;              /* of fsmount(2), not attached yet */
        struct strv shields; /* relative paths below path that stay the system's own, read-only */
};

/*
 * A directory of the system that no stage has an overlay for. Through an overlay its sockets and fifos aren't those that the daemons have
 * open.
 */
enum sandbox_cover_type {
        SANDBOX_COVER_OVERLAY,
        SANDBOX_COVER_ENTRY, /* of "/", and no mount point: one overlay serves all of them */
        SANDBOX_COVER_AS_IS, /* a mount that would be hidden */
        SANDBOX_COVER_PROC,  /* of a procfs that isn't at /proc: it shows the sandbox's processes, too */
};

struct sandbox_cover {
        char *path; /* with all links resolved */
        enum sandbox_cover_type type;
};

/* Where the sandbox keeps what isn't to be seen, until its own procfs is mounted there. */
#define SANDBOX_STORE_DIR  "/proc"
#define SANDBOX_EMPTY_NAME "empty" /* a directory in there */

enum sandbox_step_type {
        STEP_NETWORK, /* join the empty network */
        STEP_SLAVE,   /* mounts made here don't appear in other name spaces, but automounts of the system appear here */
        STEP_KEEP_DEVICE, /* a clone of the device file at path, which stays usable */
        STEP_READ_ONLY,   /* the whole tree */
        STEP_DETACH,      /* keep a clone of the mounts at path */
        STEP_DETACH_ONE,  /* the same of the mount at path alone, if it is still there */
        STEP_STORE,       /* a tmpfs at path for the private directories, with an empty one in it */
        STEP_PRIVATE,     /* a new directory, name of the store, at path */
        STEP_PTS,
        STEP_DIRECTORY,   /* in a new tmpfs, with an owner and a mode */
        STEP_MOUNT_POINT, /* of the type of mode, with its parents, unless it is there */
        STEP_LINK,        /* at path; name: its target */
        STEP_SEAL,        /* make the mount at path read-only */
        STEP_OPEN,        /* the directory at path, before an overlay covers it */
        STEP_ATTACH,      /* a clone, at path */
        STEP_VIEW,       /* make a read-only overlay of the directory at path, or a clone of it, if it is still there */
        STEP_VIEW_ENTRY, /* the same by a clone of the overlay of "/" */
        STEP_COVER,      /* the directory at path with an overlay */
        STEP_COVER_SYSTEM, /* the same with what VIEW or DETACH_ONE made, if it did */
        STEP_SHIELD,       /* attach the system's path/name over the overlay's */
        STEP_PROC,         /* with its own processes only: those of others would lead to their root directories */
};

/* fd and covered are indexes into the sandbox's table of file descriptors. */
struct sandbox_step {
        enum sandbox_step_type type;
        const char *path;
        const char *name;
        size_t fd; /* of all but those without one; COVER, SHIELD: of the overlay */
        size_t from; /* SHIELD: the directory that the overlay covers; PRIVATE: the store; VIEW_ENTRY: the overlay of "/" */
        mode_t mode; /* DIRECTORY, MOUNT_POINT, PRIVATE */
        uid_t uid;   /* DIRECTORY */
        gid_t gid;
};

struct sandbox {
        struct sandbox_step *steps;
        size_t n_steps;
        int *fds; /* the parent's (borrowed): the network, the overlays, the system's files; then those that steps open in the child */
        size_t n_given; /* number of the parent's */
        size_t n_fds;
        size_t store;      /* index of the directory that has the private ones */
        struct strv paths; /* those of steps that nobody else keeps */
};

/* Must outlive the sandbox, with everything in it. */
struct sandbox_request {
        const char *root; /* path of the root directory of the migration's system; "" for "/" */
        int network;      /* an empty network name space; -EBADF: the system's network */
        /* What stays visible even in a private directory, besides the root. */
        const char *helpers[2]; /* directories, those that exist; NULL: none */
        char *const
                *declared; /* paths, and until one exists the nearest directory on the way; ended by NULL; NULL: none */
        const struct sandbox_mount *mounts; /* sorted by path */
        size_t n_mounts;
        const struct sandbox_cover *covers; /* sorted by path */
        size_t n_covers;
        const struct system_files *files; /* NULL: none */
};

/* Returns: 0, or a negative errno if a directory can't be inspected, or memory ran out. */
_must_check_ int sandbox_new(const struct sandbox_request *request, struct sandbox **ret);
struct sandbox *sandbox_free(struct sandbox *sandbox);
DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/* For clone(2) of the child. */
#define SANDBOX_CLONE_FLAGS (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC)

/*
 * Runs the steps in the child. Async-signal-safe. Writes to the table of file descriptors, which is the child's copy, and closes those at
 * the end that nothing below needs. Returns: 0, or a negative errno with the number of the failed step in @ret_step.
 */
_must_check_ int sandbox_enter(const struct sandbox *sandbox, size_t *ret_step);
/*
 * Makes the overlays forget what they know of the directories that they show, which others may have changed meanwhile. In the child, and
 * async-signal-safe. Returns: 0 or a negative errno.
 */
_must_check_ int sandbox_refresh(const struct sandbox *sandbox);
/* Makes the given overlays read-only. In the child, and async-signal-safe. Returns: 0 or a negative errno. */
_must_check_ int sandbox_seal(const struct sandbox *sandbox);
/* Sets @error to what the step @step could not do, in the parent. Returns: @code. */
int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error);
