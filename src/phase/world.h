/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where the programs of migrations run. In: a phase. Out: a host for its program. The checks that see the system as it is, which may be all of
 * a package, share one: making it takes longer than most of them do. So do migrate and the check after it, with the overlays made read-only; they
 * use that of the checks, which is extended by the overlays for as long, if that shows all that is declared.
 */

#include "phase/scratch.h"
#include "process/host.h"
#include "process/process.h"
#include "sandbox/extension.h"
#include "stage/covers.h"

#include <sys/stat.h>

struct world {
        struct host host;
        struct sandbox *sandbox; /* NULL: there is none, the system as it is */
        struct world *lender;    /* whose host and sandbox it uses instead, extended by its overlays; NULL: none */
        struct extension extension;
        bool extended; /* the lender's sandbox has the extension */
        bool outdated; /* the system may have been changed by a migration since the last program */
        /* What the sandbox is made of. */
        struct scratch scratch;
        const struct stage *stage; /* that the program sees; NULL: none */
        struct stage_mounts mounts;
        struct covers covers;
        struct system_files files;
        struct strv declared;
        /* What the system was like then. */
        int mount_table;
        struct stat slash, run;
};

#define WORLD_NONE                                                   \
        (struct world)                                               \
        {                                                            \
                .host = HOST_OF(NULL, -EBADF), .mount_table = -EBADF \
        }

bool phase_is_sandboxed(const struct phase *phase);
/* Returns: the world that the phase's program can share with others, or NULL if it needs one of its own. */
struct world *world_choose(const struct phase *phase);
/* Makes @world fit for the phase's program, unless it has run another one and still is. Returns: 0, or a negative errno with @error set. */
_must_check_ int world_prepare(struct world *world, const struct phase *phase, struct error *error);
/*
 * Runs the program of the request in it, whose members that say where are set here. Returns: as process_run().
 */
_must_check_ int world_run(struct world *world, struct process_request *request, struct process_result *ret,
                           struct error *error);
/* Ends its processes, and the mounts that only they can see. */
void world_end_host(struct world *world);
/* Begins to end its processes, without waiting for that; world_done() does. */
void world_dismiss(struct world *world);
/* Waits until nothing of it is left, neither processes nor mounts. */
void world_done(struct world *world);
