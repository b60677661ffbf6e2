/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gate-pass.h"

#include "api/attempt.h"
#include "basic/clock.h"

#include <poll.h>
#include <syslog.h>

/* How long those who restart several services of a package, one after the other, have to begin with the last one. */
#define GATE_PATIENCE_MSEC 500
#define GATE_RETRY_MSEC    100

/*
 * Another unit of the package waits for the migrations, and would fail to start: those that run are restarted for it, as its administrator would
 * have to. Returns: whether that is on its way.
 */
static bool gate_restarts_others(const struct package *pkg, const struct gate *gate)
{
        if (!(pkg->request.flags & DMIG_STARTING) || !gate->awaited)
                return false;
        for (size_t i = 0; i < gate->staying.n; i++)
                context_log(pkg->request.ctx, LOG_NOTICE, pkg->request.package,
                            "%s runs on the data that is to be migrated, so it is stopped for that",
                            gate->staying.list[i]);
        return gate_restart_staying(gate) >= 0;
}

/* Nothing runs then, so that nobody has to stop for it. */
static bool plan_begins_with_given_up(const struct package *pkg)
{
        char sha256[65];

        for (size_t i = 0; i < pkg->plan.n_steps; i++) {
                const struct plan_step *step = &pkg->plan.steps[i];

                if (package_is_due(step))
                        return step->state == DMIG_STATE_GAVE_UP && /* else its file needn't be read */
                               attempt_hash(&pkg->request.ctx->root, step->migration, sha256, NULL) >= 0 &&
                               plan_step_is_given_up(step, sha256);
        }
        return false;
}

int gate_pass(const struct package *pkg, struct dmig_report *report, struct error *error)
{
        uint64_t end = now_usec(CLOCK_MONOTONIC) +
                       (pkg->request.flags & DMIG_STARTING ? GATE_PATIENCE_MSEC * USEC_PER_MSEC : 0);
        struct pollfd stop = { .fd = pkg->request.ctx->stop_fd, .events = POLLIN };
        bool is_due = pkg->plan.n_pending > 0 && !pkg->request.ctx->root.path[0];
        int r = is_due ? gate_refresh(error) : 0;

        while (r >= 0) {
                _cleanup_(gate_done) struct gate gate = { 0 };
                bool staying;

                r = package_look_at_gate(pkg, report, &gate, error);
                if (r < 0)
                        return r;
                if (!gate_is_running(&gate) || (pkg->request.flags & DMIG_FORCE) || plan_begins_with_given_up(pkg))
                        return 1;
                staying = gate.staying.n > 0 || !(pkg->request.flags & DMIG_STARTING);
                if (staying && now_usec(CLOCK_MONOTONIC) >= end && !gate_restarts_others(pkg, &gate))
                        return package_explain_gate(report, &gate);
                if (poll(&stop, 1, GATE_RETRY_MSEC) > 0)
                        return package_explain_gate(report, &gate);
        }
        return r;
}
