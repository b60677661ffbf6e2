/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verbs: each is a line in the table, and a file. */

#include "cli/cli.h"

struct verb {
        const char *name;
        size_t min, max;                          /* number of arguments */
        uint64_t options;                         /* besides OPTIONS_COMMON */
        int (*run)(struct cli *cli, char **args); /* NULL ends @args; returns the exit status */
        const char *arguments;
        const char *help; /* for --help: one line without a capital and a full stop */
};

/* In the order of --help; one without a name ends them. */
extern const struct verb verbs[];

/* Returns: the verb, or NULL. */
const struct verb *verbs_find(const char *name);
/* Returns: the verb that @name may have meant, or NULL. */
const struct verb *verbs_guess(const char *name);

int verb_accept(struct cli *cli, char **args);
int verb_baseline(struct cli *cli, char **args);
int verb_forget(struct cli *cli, char **args);
int verb_history(struct cli *cli, char **args);
int verb_lint(struct cli *cli, char **args);
int verb_mark(struct cli *cli, char **args);
int verb_new(struct cli *cli, char **args);
int verb_plan(struct cli *cli, char **args);
int verb_preview(struct cli *cli, char **args);
int verb_retry(struct cli *cli, char **args);
int verb_run(struct cli *cli, char **args);
int verb_status(struct cli *cli, char **args);
int verb_test(struct cli *cli, char **args);
int verb_undo(struct cli *cli, char **args);
