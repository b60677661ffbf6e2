/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A line for the log: standard error, or the journal. */

struct log_line {
        int priority;        /* of syslog(3) */
        const char *package; /* NULL: the line isn't about one package */
        const char *id;      /* the migration that printed the line; NULL: the program's own */
        const char *text;
};
