/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/manager.h"

#include <sys/stat.h>

#include "basic/clock.h"

#define PRIVATE_SOCKET "unix:path=/run/systemd/private"

int manager_is_there(void)
{
        struct stat st;

        if (geteuid() != 0)
                return 0;
        /* As sd_booted(3), which would load libsystemd, and takes every error for "no". */
        if (lstat("/run/systemd/system", &st) < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        return S_ISDIR(st.st_mode);
}

int manager_open(sd_bus **ret)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        assert(ret);

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, PRIVATE_SOCKET);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(bus);
        return 0;
}

/* As long as systemctl(1) waits: systemd runs its generators. */
#define RELOAD_TIMEOUT_USEC (180 * USEC_PER_SEC)

int manager_reload(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        assert(bus);

        r = sd_bus_message_new_method_call(bus, &call, MANAGER, MANAGER_PATH, MANAGER ".Manager", "Reload");
        return r < 0 ? r : sd_bus_call(bus, call, RELOAD_TIMEOUT_USEC, NULL, NULL);
}
