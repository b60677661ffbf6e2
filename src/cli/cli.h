/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One call of the program, from the parsed command line to the exit status: its context, its output, its errors. */

#include "basic/macro.h"
#include "cli/journal/journal.h"
#include "cli/journal/log-line.h"
#include "cli/options.h"
#include "cli/report/exit-status.h"
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
        struct tail tail;      /* of the running migration's output */
        json_object *packages; /* with --json: the array to print at the end; NULL without it */
        const char *list;      /* with --json: the array's key */
        char *error;           /* with --json: an error that isn't about one package */
        int output_error;      /* errno of the first failed write to standard output, 0 if unknown */
};

/* Takes a struct whose options are parsed. */
void cli_init(struct cli *cli);
void cli_done(struct cli *cli);
/* Prints the JSON object. Returns: @status, or a worse one if standard output can't be written. */
int cli_finish(struct cli *cli, int status);

/* Flushes standard output. */
void cli_flush(struct cli *cli);
/* Writes a line to standard error, or to the journal if standard error is connected to it. */
void cli_log(struct cli *cli, const struct log_line *line);
/* Logs a line of the program's own; @package may be NULL. */
void cli_say(struct cli *cli, int priority, const char *package, const char *text);
/* Logs an error that is about no package, which --json repeats. Returns: @status. */
int cli_fail(struct cli *cli, int status, const char *message);
/* Logs an error of the command line, which --json repeats. Returns: EXIT_USAGE. */
int cli_usage(struct cli *cli, const char *format, ...) _printf_(2, 3);
/* Returns: why the library function that returned @r failed. */
const char *cli_error_message(const struct cli *cli, int r);
/* Logs the message of the library function that returned @r; @package may be NULL. Returns: the exit status for @r. */
int cli_failed(struct cli *cli, const char *package, int r);
