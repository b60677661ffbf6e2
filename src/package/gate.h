/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The services whose data a package's migrations change: the units that require deploy-migrate@<package>.service. In: a package
 * name. Out: those units and whether their processes run, as systemd says over its private socket, which needs no D-Bus daemon.
 */

#include "basic/error.h"

struct gate {
        char **units; /* that require the package's migrations, ended by NULL */
        size_t n_units;
        char *running; /* the first of them whose processes run, NULL where there is none */
};

/*
 * Returns: 0, with an empty gate where systemd doesn't run here or can't be asked by this user; or a negative errno with @error
 * set.
 */
int gate_look(const char *package, struct gate *ret, struct error *error);
void gate_done(struct gate *gate);

/* deploy-migrate@<package>.service, with the package's name escaped as systemd.unit(5) has it. Returns: 0 or -ENOMEM. */
int gate_unit_name(const char *package, char **ret);
