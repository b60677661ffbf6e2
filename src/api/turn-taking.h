/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which turn a migration needs. In: the migration, and the turn that the run holds. Out: one that is held and fits it: a migration with "once"
 * has one of its own, all others of a run share one.
 */

#include "api/attempt.h"

struct turn_hold {
        struct turn *turn; /* the one that was taken last; NULL: none */
        bool unasked;      /* no program asks for turns, as was found out, and told if that may be a mistake */
};

/*
 * Puts into @attempt the turn that it has to hold, which is @held's, taken anew if need be; none if no program asks for turns. Returns: 1; 0 if it
 * isn't held and the migration is postponed, or if the attempt is outdated now; -ECANCELED if the context was stopped; or another negative errno
 * with @error set.
 */
_must_check_ int turn_take(struct attempt *attempt, struct turn_hold *held, struct error *error);
