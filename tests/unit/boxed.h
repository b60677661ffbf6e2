/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Scripts in sandboxes. */

#include "program.h"

struct box {
        const struct root *root; /* NULL: "/" */
        enum sandbox_phase phase;
        const char *manifest; /* with ' for "; NULL: nothing is declared */
        const char *visible;  /* beside the root; NULL: nothing */
};

/* Makes the sandbox, or fails the test. @ret_network is to be closed behind it. */
struct sandbox *box_new(const struct box *box, int *ret_network);
/* Returns: what sandbox_new() says. */
int box_try(const struct box *box, int network, struct sandbox **ret, struct error *error);
/* Runs the script, formatted as printf(3) has it, in a new one. */
void box_run(const struct box *box, struct run *ret, const char *format, ...) _printf_(3, 4);
/* The same; fails the test unless it exits with 0. Returns: its output, to be freed. */
char *box_output(const struct box *box, const char *format, ...) _printf_(2, 3);
