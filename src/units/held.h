/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units that stand still because the migrations of a package didn't succeed: found when that is known, and started when they have. In: a package.
 * Out: the units.
 */

#include "basic/error.h"
#include "basic/strv.h"

#include <stdint.h>

/*
 * To be called in the unit of the package's migrations, before it fails. Adds to @ret the units that wait for it, and those that wait for these in
 * turn. A socket or a path that starts one of them is stopped, and added: it would do so again and again until systemd gives it up.
 * Returns: 0, also if systemd doesn't run here, or a negative errno.
 */
_must_check_ int held_find(const char *package, struct strv *ret);

struct held_request {
        const char *package;
        const struct strv *units;
        uint64_t wait_usec; /* for the units to have started; 0: don't */
        int stop_fd;        /* becomes readable if waiting must end */
};

/*
 * Starts those of the units that don't run, and the sockets and paths of the package that systemd has given up. Adds to @ret those that are up,
 * or are about to be, and to @ret_failed those that aren't. Returns: 0, also if systemd doesn't run here, or a negative errno.
 */
_must_check_ int held_start(const struct held_request *request, struct strv *ret, struct strv *ret_failed);
