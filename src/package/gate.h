/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The services whose data a package's migrations change: the units that require deploy-migrate@<package>.service. In: a package name. Out:
 * those units, and whether one of them runs, as systemd says over its private socket, which needs no D-Bus daemon.
 */

#include "basic/error.h"

struct gate {
        char **units; /* that require the package's migrations; ends with NULL, or is NULL */
        size_t n_units;
        char *running; /* the first of them that has processes, NULL if none has */
};

/*
 * Returns: 0, with an empty gate if systemd doesn't run here or this user can't ask it; or a negative errno with @error set, which may be
 * NULL.
 */
_must_check_ int gate_look(const char *package, struct gate *ret, struct error *error);
void gate_done(struct gate *gate);
