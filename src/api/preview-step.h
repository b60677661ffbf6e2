/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One migration of a preview. In: the migration, and the stages of those before it. The steps: check, migrate and check again, as in an
 * attempt, in a stage above them. Out: its state, and the files that it would change. Nothing is recorded.
 */

#include "package/package.h"
#include "package/report.h"
#include "phase/running.h"
#include "stage/stage.h"

struct world;

struct preview_step {
        struct dmig *ctx;
        const struct package *pkg;
        const struct plan_step *planned;
        bool reach_out; /* run what has effects outside of the stages, too */
        bool unpacked;  /* the package is there, with its programs */
        int lock_fd;    /* the package's lock */
        struct running *running;
        struct world *checks; /* that checks of the system as it is share */
        struct areas *areas;
        int dir;                   /* of the stages */
        size_t number;             /* of this stage, its name in there */
        const struct stage *below; /* NULL: the system itself */
        struct dmig_step *step;    /* out: filled in */
        struct stage *stage;       /* out: NULL if none was needed */
};

/*
 * A step that would be applied stays pending and has files. One that stays pending without files runs directly on the system, reaches
 * out, or needs what isn't unpacked, so it can't be tried. Returns: 0 however it ended, -ECANCELED with @error set if the context was stopped, or -ENOMEM.
 */
_must_check_ int preview_step_run(struct preview_step *preview, struct error *error);
