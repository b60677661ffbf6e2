/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* systemd's own bus: its private socket, which needs no D-Bus daemon and accepts only root. */

#include "basic/macro.h"

#include <systemd/sd-bus.h>

#define MANAGER      "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"

/* Whether systemd runs this system, and we may ask it. Returns: 1, 0, or a negative errno if that can't be told. */
_must_check_ int manager_is_there(void);
/* Returns: 0 or a negative errno. */
_must_check_ int manager_open(sd_bus **ret);
/* Has it read all unit files again. Returns: 0 or a negative errno. */
_must_check_ int manager_reload(sd_bus *bus);
