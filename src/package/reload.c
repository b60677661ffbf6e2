/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/reload.h"

#include "basic/clock.h"
#include "package/manager.h"

#include <syslog.h>

/* As long as systemctl(1) waits: systemd runs its generators. */
#define RELOAD_TIMEOUT_USEC (180 * USEC_PER_SEC)

static int manager_reload(void)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = manager_open(&bus);
        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &call, MANAGER, MANAGER_PATH, MANAGER ".Manager", "Reload");
        return r < 0 ? r : sd_bus_call(bus, call, RELOAD_TIMEOUT_USEC, NULL, NULL);
}

void reload_units(struct dmig *ctx, const char *package)
{
        int r;

        assert(ctx);

        if (!ctx->units_changed)
                return;
        ctx->units_changed = false;
        r = ctx->root.path[0] ? 0 : manager_is_there();
        if (r == 0)
                return;
        if (r > 0)
                r = manager_reload();
        if (r < 0)
                context_log(ctx, LOG_WARNING, package,
                            "can't make systemd read the changed units: %s; run 'systemctl daemon-reload'",
                            strerror(-r));
        else
                context_log(ctx, LOG_INFO, package, "systemd has read the changed units");
}
