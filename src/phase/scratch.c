/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/scratch.h"

#include "fs/beneath.h"
#include "transaction/prepared.h"

#define SCRATCH_DIR "scratch" /* in the stage below */

int scratch_make(const struct phase *phase, struct scratch *ret, struct error *error)
{
        const struct stage *below;
        int r = 0;

        assert(phase && phase->migration);
        assert(ret);

        below = phase->stage;
        *ret = (struct scratch){ .dir = below ? below->dir : phase->state, .name = below ? SCRATCH_DIR : STAGE_DIR };
        if (!below)
                r = areas_new(&phase->ctx->root, phase->migration->manifest->writes.list, &ret->own, error);
        if (r >= 0)
                r = stage_new(&(struct stage_request){ .state = ret->dir,
                                                       .name = ret->name,
                                                       .areas = below ? below->areas : ret->own,
                                                       .below = below },
                              &ret->stage, error);
        return r;
}

/* If the stage can't be removed now, a recovery does it. */
void scratch_done(struct scratch *scratch)
{
        stage_free(scratch->stage);
        areas_free(scratch->own);
        if (scratch->name)
                (void)beneath_remove(scratch->dir, scratch->name);
        *scratch = (struct scratch){ 0 };
}
