/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/reload.h"

#include "units/manager.h"

#include <syslog.h>

static int reload_ask(void)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = manager_open(&bus);
        return r < 0 ? r : manager_reload(bus);
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
                r = reload_ask();
        if (r < 0)
                context_log(ctx, LOG_WARNING, package,
                            "can't make systemd read the changed units: %s; run 'systemctl daemon-reload'",
                            strerror(-r));
        else
                context_log(ctx, LOG_INFO, package, "systemd has read the changed units");
}
