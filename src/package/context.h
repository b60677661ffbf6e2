/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A context: where to look, whom to tell, and what is worth keeping from one package to the next (the package database, an
 * empty network for sandboxes).
 */

#include "basic/root.h"
#include "basic/strv.h"
#include "deploy-migrate.h"
#include "dpkg/dpkg-database.h"
#include "history/event.h"

struct dmig {
        unsigned refs;
        struct root root;
        char *admindir;   /* NULL: below the root */
        char *libexecdir; /* where our own helpers are */
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
};

/*
 * The first step of a public function that can fail; clears the context's error. Returns: 0, or -EINVAL if @ctx is NULL, or @flags has
 * others than those @accepted.
 */
int context_begin(struct dmig *ctx, unsigned flags, unsigned accepted) _must_check_;
/* The last step: a failure that left no message gets that of its errno. @ctx may be NULL. Returns: @r. */
int context_end(struct dmig *ctx, int r);
/* Returns: 0, or -EINVAL with the context's error set if @argument, which is called @name, is NULL. */
int context_check_argument(struct dmig *ctx, const char *name, const void *argument) _must_check_;

/*
 * Logs a line of the library's own, which is about @package unless that is NULL. More than four parameters: printf-like, as syslog(3) is.
 */
void context_log(struct dmig *ctx, int priority, const char *package, const char *format, ...) _printf_(4, 5);
/* Logs a line that the migration @id printed. */
void context_log_output(struct dmig *ctx, const char *package, const char *id, const char *line);
/* Tells the caller of @event. */
void context_notify(struct dmig *ctx, const struct dmig_event *event);
bool context_is_stopped(const struct dmig *ctx);
/* As lock_acquire(), for as long as this context waits. */
int context_lock(const struct dmig *ctx, const char *package, struct error *error);
/* The same for one commit at a time, of all packages: from where others' changes are looked for until ours are there. */
int context_lock_commit(const struct dmig *ctx, struct error *error);

/*
 * The package in the database as it is now. Returns: 0 with NULL in @ret where the database doesn't know it; or a negative
 * errno with @error set, -ENOENT where there is no database.
 */
int context_find_package(struct dmig *ctx, const char *name, const struct dpkg_package **ret, struct error *error);

/* Makes sure that ctx->network is there. Returns: 0, or a negative errno with @error set. */
int context_need_network(struct dmig *ctx, struct error *error);
