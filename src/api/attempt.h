/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One migration, once: check, migrate, check again, commit. In: the migration and the upgrade that it belongs to. Out: its state, recorded
 * in the history before anybody is told.
 */

#include "catalog/catalog.h"
#include "history/history.h"
#include "package/context.h"
#include "package/report.h"
#include "package/upgrade.h"

struct running;
struct transaction;
struct turn;
struct world;

struct attempt {
        struct dmig *ctx;
        struct history *history;
        const struct upgrade_request *request;
        const struct upgrade *upgrade;
        const struct migration *migration;
        unsigned flags; /* of enum dmig_flags */
        int lock_fd;    /* the package's lock */
        struct running *running;
        struct world *checks;      /* that first checks share */
        struct mountinfo **mounts; /* as of struct areas_request */
        bool last;                 /* nobody needs them after this attempt */
        struct turn *turn;         /* without which nothing may be committed; NULL: none is needed */
        char sha256[65];
        unsigned number;        /* 1 for the first attempt since the last success, retry or change of the file */
        struct dmig_step *step; /* out: filled in */
        bool outdated;          /* out: the package was upgraded while the attempt waited for its turn */
        struct transaction *transaction; /* while there is one */
        struct transaction **committed;  /* in, out: one that is to be archived as soon as its "applied" is durable */
};

/*
 * What is recorded last may become durable with the next event only. Returns: 0 however the migration ended, -ECANCELED if the context was
 * stopped (the step is pending then), or another negative errno with @error set if the history can't be written.
 */
_must_check_ int attempt_run(struct attempt *attempt, struct error *error);

/*
 * Makes durable that the attempt has started, if it has, and ends the commit before it, whose "applied" is durable with that. @userdata: the
 * attempt. Returns: 0, or a negative errno with @error set.
 */
_must_check_ int attempt_settle(void *userdata, struct error *error);

/* The SHA-256 of the file that would be run. Returns: 0, or a negative errno with @error set. */
_must_check_ int attempt_hash(const struct root *root, const struct migration *migration, char ret[static 65],
                              struct error *error);
