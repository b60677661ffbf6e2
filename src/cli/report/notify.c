/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/notify.h"

#include "basic/macro.h"
#include "cli/terminal/format.h"

#include <systemd/sd-daemon.h>

/* Asked for once a second while a migration runs within its own limit. */
#define EXTEND_USEC "30000000"

static int64_t int_of(const struct dmig_event *event, const char *field)
{
        int64_t value = 0;

        (void)dmig_event_get_int(event, field, &value);
        return value;
}

void notify_event(const struct dmig_event *event)
{
        const char *name = dmig_event_get_name(event), *package = dmig_event_get_package(event);
        const char *id = dmig_event_get_string(event, "id"), *phase = dmig_event_get_string(event, "phase");
        char elapsed[DURATION_MAX];

        if (streq(name, "phase"))
                (void)sd_notifyf(0, "STATUS=%s: %s %s", package, id, phase);
        else if (streq(name, "progress")) {
                format_duration(int_of(event, "elapsed_ms"), elapsed);
                (void)sd_notifyf(0, "STATUS=%s: %s %s for %s\nEXTEND_TIMEOUT_USEC=" EXTEND_USEC, package, id, phase,
                                 elapsed);
        } else if (streq(name, "committing"))
                (void)sd_notifyf(0, "STATUS=%s: %s puts its changes into place", package, id);
        else if (streq(name, "completed"))
                (void)sd_notifyf(0, "STATUS=%s: the data is at %s", package, dmig_event_get_string(event, "to"));
        else if (streq(name, "failed") || streq(name, "gave-up"))
                (void)sd_notifyf(0, "STATUS=%s: %s %s", package, id, name);
}
