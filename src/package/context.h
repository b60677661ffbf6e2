/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A context. In: where to look, whom to tell, when to stop. Out: what a function on a package needs of it: the root, locks, the log, and what
 * is kept from one package to the next (the package database, an empty network for sandboxes).
 */

#include "basic/root.h"
#include "basic/strv.h"
#include "deploy-migrate.h"
#include "dpkg/dpkg-database.h"
#include "history/event.h"

struct dmig {
        unsigned refs;
        struct root root;
        char *admindir;   /* NULL: <root>/var/lib/dpkg */
        char *libexecdir; /* where our own helpers are */
        char *datadir;    /* has the kits for migrations */
        uint64_t lock_timeout_usec;
        int stop_fd;
        char run_id[33];
        dmig_log_fn log_fn;
        void *log_userdata;
        dmig_event_fn event_fn;
        void *event_userdata;
        struct error error;
        struct strv names;              /* of the last dmig_list_packages() */
        struct dpkg_database *database; /* NULL until it is asked for */
        bool changed;                   /* the database was read again since the last dmig_is_stale() */
        int network;                    /* -EBADF until it is asked for */
        struct network_making *making;  /* of it; NULL: not begun */
        bool units_changed;             /* files in a directory of systemd units, since reload_units() */
};

/*
 * The first step of a public function that can fail; clears the context's error. Returns: 0, or -EINVAL if @ctx is NULL, or @flags has
 * others than those @accepted.
 */
_must_check_ int context_begin(struct dmig *ctx, unsigned flags, unsigned accepted);
/* The last step: a failure that left no message gets that of its errno. @ctx may be NULL. Returns: @r. */
int context_end(struct dmig *ctx, int r);
/* Returns: 0, or -EINVAL with the context's error set if @argument, which is called @name, is NULL. */
_must_check_ int context_check_argument(struct dmig *ctx, const char *name, const void *argument);

/*
 * Logs a line of the library's own, which is about @package unless that is NULL. More than four parameters: printf-like, as syslog(3) is.
 */
void context_log(struct dmig *ctx, int priority, const char *package, const char *format, ...) _printf_(4, 5);
/* Logs a line that the migration @id printed. */
void context_log_output(struct dmig *ctx, const char *package, const char *id, const char *line);
/* Passes @event to the event callback. */
void context_notify(struct dmig *ctx, const struct dmig_event *event);
bool context_is_stopped(const struct dmig *ctx);
/* Takes the lock of @package; waits as long as the context allows. Returns: as lock_acquire(). */
_must_check_ int context_lock(const struct dmig *ctx, const char *package, struct error *error);
/*
 * Takes the lock of which there is one for the whole system, and waits until it is free or the context is stopped: from the look for other
 * processes' changes until ours are in place there is one commit at a time. Returns: as lock_acquire().
 */
_must_check_ int context_lock_commit(const struct dmig *ctx, struct error *error);

/*
 * Finds the package in the database as it is now. The result lives until the next call. Returns: 0 with NULL in @ret if the database doesn't
 * know it; or a negative errno with @error set, -ENOENT if there is no database.
 */
_must_check_ int context_find_package(struct dmig *ctx, const char *name, const struct dpkg_package **ret,
                                      struct error *error);

/* Begins to make ctx->network, for a caller that will probably need it. What fails now is tried again when it does. */
void context_begin_network(struct dmig *ctx);
/* Makes ctx->network unless it is there. Returns: 0, or a negative errno with @error set. */
_must_check_ int context_need_network(struct dmig *ctx, struct error *error);
