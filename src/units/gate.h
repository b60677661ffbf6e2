/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The units whose data a package's migrations change: those that require deploy-migrate@<package>.service, instances of templates among them. In:
 * a package name. Out: those units, and which of them run, as systemd says over its private socket, which needs no D-Bus daemon.
 *
 * Sockets, paths and timers don't run: what they start requires the migrations itself, and waits. What they start without requiring them
 * counts as if it did.
 */

#include "basic/error.h"
#include "basic/strv.h"

struct gate {
        char **units; /* that require the package's migrations; ends with NULL, or is NULL */
        size_t n_units;
        struct strv running;     /* those of them that have processes, and can be restarted */
        struct strv connections; /* likewise, each for one connection to a socket: a restart would be its end */
        struct strv staying;     /* of both, those that aren't about to stop */
        bool awaited;            /* another of them is about to start, and would fail to */
};

/*
 * Has systemd read the unit files again if one of those that it has loaded has changed since: it may have got, or lost, the gate. Returns: 0,
 * also if systemd doesn't run here; or a negative errno with @error set.
 */
_must_check_ int gate_refresh(struct error *error);
/*
 * Returns: 0, with an empty gate if systemd doesn't run here or this user can't ask it; or a negative errno with @error set, which may be
 * NULL.
 */
_must_check_ int gate_look(const char *package, struct gate *ret, struct error *error);
/* Restarts what is staying, and ends its connections: nothing starts again before the migrations have ended. Returns: 0 or a negative errno. */
_must_check_ int gate_restart_staying(const struct gate *gate);
bool gate_is_running(const struct gate *gate);
void gate_done(struct gate *gate);
