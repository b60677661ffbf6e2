/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/journal/notify.h"

#include "basic/macro.h"
#include "cli/report/event-field.h"

#include <systemd/sd-daemon.h>

/* How long the unit may take from now. Sent once a second while a migration runs: that has a limit of its own. */
#define EXTEND_USEC "30000000"

static void notify_progress(const struct dmig_event *event)
{
        _cleanup_free_ char *running = event_format_running(event);

        (void)sd_notifyf(0, "STATUS=%s: %s\nEXTEND_TIMEOUT_USEC=" EXTEND_USEC, dmig_event_get_package(event),
                         running ? running : event_field_text(event, "id"));
}

void notify_event(const struct dmig_event *event)
{
        const char *name, *package, *id, *phase;

        assert(event);

        name = dmig_event_get_name(event);
        package = dmig_event_get_package(event);
        id = event_field_text(event, "id");
        phase = event_field_text(event, "phase");
        if (streq(name, "phase"))
                (void)sd_notifyf(0, "STATUS=%s: %s %s", package, id, phase);
        else if (streq(name, "progress"))
                notify_progress(event);
        else if (streq(name, "committing"))
                (void)sd_notifyf(0, "STATUS=%s: committing the changes of %s", package, id);
        else if (streq(name, "completed"))
                (void)sd_notifyf(0, "STATUS=%s: the data is at %s", package, event_field_text(event, "to"));
        else if (streq(name, "failed") || streq(name, "gave-up"))
                (void)sd_notifyf(0, "STATUS=%s: %s %s", package, id, name);
}

void notify_summary(size_t n_packages, size_t n_failed)
{
        if (n_failed > 0 && n_packages > 1)
                (void)sd_notifyf(0, "STATUS=%zu of %zu packages not migrated; see 'deploy-migrate status'", n_failed,
                                 n_packages);
}
