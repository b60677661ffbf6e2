/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One call of the program: what it was asked for, whom it talks to, and what it has to say at the end. */

#include "basic/macro.h"
#include "cli/options.h"
#include "cli/report/exit-status.h"
#include "cli/report/journal.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/tail.h"
#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

#include <json-c/json_object.h>

DEFINE_CLEANUP(char **, dmig_names_free);
DEFINE_CLEANUP(struct dmig_report *, dmig_report_unref);
DEFINE_CLEANUP(struct dmig_history *, dmig_history_free);

struct cli {
        struct dmig *ctx;
        struct options options;
        struct terminal out, err;
        struct progress progress;
        struct journal journal;
        struct tail tail;      /* of the migration that runs */
        json_object *packages; /* with --json: what is printed at the end */
        const char *list;      /* with --json: what they are called */
        char *error;           /* with --json: what went wrong before there were packages */
        int output_error;      /* errno of the first write to standard output that failed, where it is known */
};

void cli_init(struct cli *cli);
void cli_done(struct cli *cli);
/* Prints the JSON object. Returns: @status, or a worse one where standard output could not be written. */
int cli_finish(struct cli *cli, int status);

/* Writes out what standard output has so far. */
void cli_flush(struct cli *cli);
/* One line on standard error. @id is the migration that printed it, or NULL; @package may be NULL without an @id. */
void cli_say(struct cli *cli, int priority, const char *package, const char *id, const char *text);
/* A line on standard error, which --json repeats. Returns: EXIT_USAGE. */
int cli_usage(struct cli *cli, const char *format, ...) _printf_(2, 3);
/* The library returned @r and left its message; @package may be NULL. Returns: the exit status for it. */
int cli_failed(struct cli *cli, const char *package, int r);
