/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One migration, tried: check, migrate and check again, as in an attempt, in a stage above those of the migrations before it. Out:
 * its state, and the files that it would change. Nothing is recorded.
 */

#include "package/package.h"
#include "package/report.h"
#include "stage/stage.h"

struct preview_step {
        struct dmig *ctx;
        const struct package *pkg;
        const struct plan_step *planned;
        int lock_fd; /* the package's lock */
        struct areas *areas;
        int dir;                   /* where stages are made */
        size_t number;             /* a name for one */
        const struct stage *below; /* NULL: the system itself */
        struct stage *stage;       /* out: NULL where none was needed */
};

/*
 * Fills in @step: pending with files is what would be applied, and without them what can't be tried since it runs directly on the
 * system. Returns: 0 however it ended, -ECANCELED with @error set when the context was stopped, or -ENOMEM.
 */
int preview_step_run(struct preview_step *preview, struct dmig_step *step, struct error *error);
