/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the program can do: a line in the table and a file for each verb. */

#include "cli/cli.h"

struct verb {
        const char *name;
        size_t min, max;                          /* how many arguments */
        unsigned options;                         /* what it takes besides OPTIONS_COMMON */
        int (*run)(struct cli *cli, char **args); /* returns the exit status; @args ends with NULL */
        const char *arguments;
        const char *help;
};

/* In the order of the help, ended by one without a name. */
extern const struct verb verbs[];

/* Returns: the verb, or NULL. */
const struct verb *verbs_find(const char *name);

int verb_baseline(struct cli *cli, char **args);
int verb_forget(struct cli *cli, char **args);
int verb_history(struct cli *cli, char **args);
int verb_lint(struct cli *cli, char **args);
int verb_mark(struct cli *cli, char **args);
int verb_plan(struct cli *cli, char **args);
int verb_preview(struct cli *cli, char **args);
int verb_retry(struct cli *cli, char **args);
int verb_run(struct cli *cli, char **args);
int verb_status(struct cli *cli, char **args);
int verb_undo(struct cli *cli, char **args);
