/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a fixture proves. In: a fixture, and the migrations. The steps: run, compared with "after"; undone, compared with "before"; run again, in a
 * tree whose directories list their files in another order; killed in between and run again; on "after" itself. Out: what went wrong, and what
 * couldn't be tried here.
 */

#include "basic/error.h"
#include "basic/strv.h"
#include "cli/author/fixture.h"
#include "cli/author/workbench.h"

#include <stdint.h>

struct trial_request {
        const struct workbench *workbench;
        const char *directory; /* of the migrations */
        const char *package;
        bool record; /* writes "after" as the migration leaves it */
};

struct trial_result {
        struct strv faults;   /* none: it has passed */
        struct strv unproved; /* what couldn't be tried */
        uint64_t duration_ms;
};

/* Returns: 0, whatever was found; or a negative errno with @error set if it couldn't be tried. */
_must_check_ int trial_run(const struct trial_request *request, const struct fixture *fixture, struct trial_result *ret,
                           struct error *error);
void trial_result_done(struct trial_result *result);
