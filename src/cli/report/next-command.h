/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What to type next about a package that isn't as it should be. In: its report. Out: commands. Pure.
 */

#include "deploy-migrate.h"

#include <stdio.h>

struct next_command {
        const struct dmig_report *report;
        const char *root; /* of --root; NULL: the running system */
        void (*put)(const char *label, const char *command, void *userdata);
        void *userdata;
};

/* Calls put() for each command, in the order in which to type them; never if all is well. */
void next_command_each(const struct next_command *next);
