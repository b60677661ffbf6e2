/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* systemd's jobs. In: the job of a unit. Out: whether it can end before the migrations of a package have. */

#include "units/manager.h"

#include <stdint.h>

/*
 * Whether the job @id waits, directly or through other jobs, for deploy-migrate.service or deploy-migrate@<package>.service: who waits for that
 * job in one of these would wait for ever. A job that has ended meanwhile waits for nothing. Returns: 1, 0, or a negative errno.
 */
_must_check_ int job_awaits_migrations(sd_bus *bus, uint32_t id, const char *package);
