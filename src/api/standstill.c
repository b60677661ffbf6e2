/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/standstill.h"

#include "basic/clock.h"
#include "package/note.h"
#include "units/held.h"
#include "units/retry-timer.h"

#include <syslog.h>

#define NOTE_HELD      "held"
#define START_WAIT_SEC 90

static void standstill_warn(const struct upgrade_request *request, const char *what, int r)
{
        if (r < 0)
                context_log(request->ctx, LOG_WARNING, request->package, "can't %s: %s", what, strerror(-r));
}

static bool report_asks_for_consent(const struct dmig_report *report)
{
        for (size_t i = 0; i < report->n_steps; i++)
                if (report->steps[i].state == DMIG_STATE_POSTPONED && report->steps[i].consent)
                        return true;
        return false;
}

/* ---- It didn't succeed ---- */

/* The note is there even if nobody waits: our own unit fails. */
static void standstill_hold(const struct upgrade_request *request)
{
        _cleanup_strv_ struct strv units = { 0 };

        standstill_warn(request, "ask systemd which units wait", held_find(request->package, &units));
        note_add(request->ctx, request->package, NOTE_HELD, "");
        for (size_t i = 0; i < units.n; i++) {
                note_add(request->ctx, request->package, NOTE_HELD, units.list[i]);
                context_log(request->ctx, LOG_NOTICE, request->package, "%s stands still until the data is migrated",
                            units.list[i]);
        }
}

static void standstill_begin(const struct upgrade_request *request, const struct dmig_report *report)
{
        if (request->flags & DMIG_STARTING)
                standstill_hold(request);
        if (report->result != DMIG_RESULT_POSTPONED || report_asks_for_consent(report))
                return;
        note_add(request->ctx, request->package, NOTE_HELD, "");
        standstill_warn(request, "have systemd try again later", retry_timer_start(request->package));
}

/* ---- It did ---- */

/* Who runs it by hand wants to know whether they are up. A unit of ours could wait for itself. */
static void standstill_end(const struct upgrade_request *request, struct dmig_report *report)
{
        _cleanup_strv_ struct strv units = { 0 }, failed = { 0 };
        struct held_request held = { request->package, &units, START_WAIT_SEC * USEC_PER_SEC, request->ctx->stop_fd };

        if (!note_take(request->ctx, request->package, NOTE_HELD, &units))
                return;
        if (request->flags & (DMIG_STARTING | DMIG_ALL))
                held.wait_usec = 0;
        retry_timer_stop(request->package);
        standstill_warn(request, "start the units that stood still", held_start(&held, &report->started, &failed));
        for (size_t i = 0; i < report->started.n; i++)
                context_log(request->ctx, LOG_NOTICE, request->package,
                            "%s stood still because of the migration, and is started again", report->started.list[i]);
        for (size_t i = 0; i < failed.n; i++)
                context_log(
                        request->ctx, LOG_WARNING, request->package,
                        "%s stood still because of the migration, and can't be started again; see 'systemctl status %s'",
                        failed.list[i], failed.list[i]);
}

void standstill_settle(const struct upgrade_request *request, struct dmig_report *report, int code)
{
        assert(request && report);

        if (request->ctx->root.path[0] || code == -ECANCELED)
                return;
        switch (report->result) {
        case DMIG_RESULT_COMPLETED:
        case DMIG_RESULT_NOTHING_TO_DO:
        case DMIG_RESULT_DOWNGRADE:
        case DMIG_RESULT_NOT_INSTALLED:
                if (code < 0)
                        standstill_begin(request, report);
                else
                        standstill_end(request, report);
                break;
        default:
                standstill_begin(request, report);
        }
}
