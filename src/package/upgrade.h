/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From which version to which. In: what the caller gave, the history, the package database, dpkg.log. Out: the two versions
 * and whether there is a way between them.
 */

#include "history/history-state.h"
#include "package/context.h"

/* What the caller of a public function asks for. */
struct upgrade_request {
        const char *package;
        const char *from; /* a version, NULL if the caller gave none */
        const char *to;   /* likewise */
        unsigned flags;
        unsigned accepted; /* the flags of enum dmig_flags that the function accepts */
};

struct upgrade {
        char *from; /* NULL unless the result is PENDING or DOWNGRADE */
        char *to;   /* NULL when not installed */
        const char *from_source;
        enum dmig_result result; /* PENDING: go on and make a plan; NOT_INSTALLED; DOWNGRADE */
        bool purged;             /* the history belongs to a package that is gone for good */
};

/* Returns: 0, -EINVAL where the caller's versions are none, -EUCLEAN where dpkg left the package half-installed, or another errno; @error is set. */
int upgrade_resolve(struct dmig *ctx, const struct upgrade_request *request, const struct history_state *state,
                    struct upgrade *ret, struct error *error);
void upgrade_done(struct upgrade *upgrade);

/* The version to migrate to, alone. Returns: 1, 0 when not installed, or a negative errno with @error set. */
int upgrade_resolve_to(struct dmig *ctx, const struct upgrade_request *request, char **ret, struct error *error);
