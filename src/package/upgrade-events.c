/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/upgrade-events.h"

#include "package/emit.h"

#include <syslog.h>

static int upgrade_record(const struct package *pkg, const struct emission *emission, struct error *error)
{
        return emit_event(pkg->request.ctx, pkg->history, emission, error);
}

/* Of a version that isn't from the package database. */
static const char *upgrade_get_to_source(const struct package *pkg)
{
        return pkg->request.to ? "argument" : "file";
}

int upgrade_record_baseline(const struct package *pkg, struct error *error)
{
        const struct upgrade *upgrade = &pkg->upgrade;
        bool installed = streq(upgrade->from_source, "installed");
        const char *known = pkg->history->state.from;
        /* If the caller knows better, the run after one that ended half way must not begin at another version. */
        bool told = pkg->request.from && pkg->plan.n_pending > 0;

        if (known && (!told || streq(known, upgrade->from)))
                return 0;
        if (installed)
                context_log(
                        pkg->request.ctx, LOG_NOTICE, pkg->request.package,
                        "cannot tell which version %s was upgraded from; assuming its data is at %s, so no migration runs; if it is older, set it with 'deploy-migrate baseline'",
                        pkg->request.package, upgrade->from);
        return upgrade_record(pkg,
                              &(const struct emission){ "baseline",
                                                        { { "version", .text = upgrade->from },
                                                          { "source", .text = upgrade->from_source },
                                                          { upgrade->foreign ? "to_source" : NULL,
                                                            .text = upgrade_get_to_source(pkg) } } },
                              error);
}

int upgrade_record_completed(const struct package *pkg, struct error *error)
{
        const struct upgrade *upgrade = &pkg->upgrade;
        const struct history_state *state = &pkg->history->state;

        if (state->settled && state->from && streq(state->from, upgrade->to))
                return 0;
        return upgrade_record(pkg,
                              &(const struct emission){ "completed",
                                                        { { "from", .text = upgrade->from },
                                                          { "to", .text = upgrade->to },
                                                          { upgrade->foreign ? "to_source" : NULL,
                                                            .text = upgrade_get_to_source(pkg) } } },
                              error);
}

void upgrade_tell(const struct package *pkg, struct dmig_report *report)
{
        const struct upgrade *upgrade = &pkg->upgrade;
        _cleanup_free_ char *units = report_join_units(report);

        emit_unrecorded(pkg->request.ctx, pkg->request.package,
                        &(const struct emission){ "upgrade",
                                                  { { "from", .text = upgrade->from },
                                                    { "to", .text = upgrade->to },
                                                    { "from_source", .text = upgrade->from_source },
                                                    { "pending", .number = (int64_t)pkg->plan.n_pending },
                                                    { units ? "units" : NULL, .text = units } } });
}
