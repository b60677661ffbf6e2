/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Scripts in sandboxes. A script that migrates has a stage of its own, in a tree (tree.h). */

#include "program.h"
#include "stage/covers.h"

struct box {
        const struct root *root; /* NULL: "/" */
        bool migrate;
        const char *manifest; /* with ' instead of "; NULL: nothing is declared */
        const char *visible;  /* besides the root; NULL: nothing */
};

struct opened_box {
        struct sandbox *sandbox;
        struct system_files files;
        struct strv declared;
        int network;
        struct areas *areas;
        struct stage *stage; /* NULL in a check */
        struct stage_mounts mounts;
        struct covers covers;
};

/* Makes the sandbox, or fails the test. */
void box_open(const struct box *box, struct opened_box *ret);
void box_close(struct opened_box *opened);
/* Runs the script, formatted as by printf(3), in a new sandbox. */
void box_run(const struct box *box, struct run *ret, const char *format, ...) _printf_(3, 4);
/* The same; fails the test unless it exits with 0. Returns: its output, to be freed. */
char *box_output(const struct box *box, const char *format, ...) _printf_(2, 3);
