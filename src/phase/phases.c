/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/phases.h"

#include "basic/clock.h"
#include "phase/world.h"

#include <stdio.h>

static int phases_run(struct phase *phase, bool migrate, struct ending *ret, struct error *error)
{
        const struct manifest *manifest = phase->migration->manifest;

        phase->migrate = migrate;
        phase->name = migrate ? "migrate" : "check";
        phase->timeout_sec = migrate ? manifest->timeout_sec : manifest->check_timeout_sec;
        ending_done(ret);
        *ret = (struct ending){ .phase = phase->name };
        return phase_execute(phase, ret, error);
}

int phases_check(struct phase *phase, struct ending *ret, struct error *error)
{
        assert(phase);
        assert(ret);

        return phases_run(phase, false, ret, error);
}

/* A program that says it is done has to show it; what check prints may say what is missing, or that it has crashed. */
static int ending_refute(struct ending *ending)
{
        bool printed = ending->output && ending->output[0];
        char *reason;

        if (asprintf(&reason, "migrate succeeded, but check still reports the effect as missing%s%s",
                     printed ? ": " : "", printed ? ending->output : "") < 0)
                return -ENOMEM;
        free(ending->reason);
        ending->reason = reason;
        ending->outcome = OUTCOME_FAILED;
        return 0;
}

/* Whether migrate may have changed more of the system than its stage, by itself or by daemons that it has talked to. */
static bool phase_changes_system(const struct phase *phase)
{
        const struct manifest *manifest = phase->migration->manifest;

        return !phase->stage || manifest->network || manifest->connect.n > 0;
}

int phases_migrate(struct phase *phase, int64_t *ret_duration_ms, struct ending *ret)
{
        _cleanup_(world_done) struct world staged = WORLD_NONE;
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        int r;

        assert(phase);
        assert(!phase->meanwhile);
        assert(ret);

        phase->staged = &staged; /* cppcheck-suppress autoVariables ; not longer than it is there */
        r = phases_run(phase, true, ret, NULL);
        *ret_duration_ms = (int64_t)((now_usec(CLOCK_MONOTONIC) - begin) / USEC_PER_MSEC);
        if (phase_changes_system(phase)) {
                staged.outdated = true;
                if (phase->checks)
                        phase->checks->outdated = true;
        }
        if (r >= 0 && ret->outcome == OUTCOME_TRUE) {
                r = phases_run(phase, false, ret, NULL);
                if (r >= 0 && ret->outcome == OUTCOME_FALSE)
                        r = ending_refute(ret);
        }
        phase->staged = NULL;
        return r;
}
