/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/manager.h"

#include <sys/stat.h>

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
