/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The upgrade of a package. In: what the caller gave, the history, the package database, dpkg.log. Out: the two versions, and whether
 * migrations can lead from the one to the other.
 */

#include "history/history-state.h"
#include "package/context.h"

/* What the caller of a public function asks for. */
struct upgrade_request {
        struct dmig *ctx;
        const char *package;
        const char *from; /* a version, NULL if the caller gave none */
        const char *to;   /* likewise */
        unsigned flags;
        unsigned accepted; /* the flags of enum dmig_flags that the function accepts */
};

struct upgrade {
        char *from; /* NULL unless the result is PENDING or DOWNGRADE */
        char *to;   /* NULL if the package isn't installed */
        const char *from_source;
        enum dmig_result result; /* PENDING: a plan can be made; NOT_INSTALLED; DOWNGRADE */
        bool foreign;            /* "to" isn't that of the package database */
        bool unversioned; /* nothing tells "to", which is that of the newest migration, so nothing may run by it */
        bool purged;      /* the history belongs to a package that is gone for good */
};

/*
 * Returns: 0; -EINVAL if a version of the caller's isn't valid; -EUCLEAN if dpkg left the package half-installed, or doesn't know it any more; or another errno; @error
 * is set. Evidence that can't be read is an error, too: it isn't absent. Then nothing of the package may be changed.
 */
_must_check_ int upgrade_resolve(const struct upgrade_request *request, const struct history_state *state,
                                 struct upgrade *ret, struct error *error);
void upgrade_done(struct upgrade *upgrade);

/* The version to migrate to, alone. Returns: 1, 0 if the package isn't installed, or a negative errno with @error set. */
_must_check_ int upgrade_resolve_to(const struct upgrade_request *request, char **ret, struct error *error);
