/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Parses the command line: options before and after the verb, and the arguments in their order. */

#include "basic/macro.h"
#include "cli/terminal/terminal.h"

#include <stdint.h>

enum option_id {
        OPTION_ROOT,
        OPTION_JSON,
        OPTION_COLOR,
        OPTION_QUIET,
        OPTION_VERBOSE,
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_FROM,
        OPTION_TO,
        OPTION_UNIT,
        OPTION_DRY_RUN,
        OPTION_SANDBOX,
        OPTION_FORCE,
        OPTION_NO_TURN,
        OPTION_LOCK_TIMEOUT,
        OPTION_EXIT_CODE,
        OPTION_FILES,
        OPTION_PROMETHEUS,
        OPTION_REASON,
        OPTION_PACKAGE_VERSION,
        OPTION_REACH_OUT,
        OPTION_IF_UNKNOWN,
        OPTION_ALL,
        OPTION_MIGRATION_VERSION,
        OPTION_LANG,
        OPTION_DIR,
        OPTION_INIT,
        OPTION_PACKAGE,
        OPTION_RECORD,
        OPTION_TAP,
        OPTION_FORMAT,
        OPTION_SINCE,
        OPTION_COUNT,
};

#define OPTION_NAME_MAX 32
#define OPTION_BIT(id)  (UINT64_C(1) << (id))
#define OPTIONS_COMMON                                                                                             \
        (OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_COLOR) | OPTION_BIT(OPTION_QUIET) | \
         OPTION_BIT(OPTION_VERBOSE) | OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

struct options {
        uint64_t given; /* a set of OPTION_BIT() */
        enum color color;
        int verbosity; /* -1 quiet, 0, 1 verbose */
        bool sandbox_off;
        uint64_t lock_timeout_usec;
        const char *root, *from, *to, *reason, *package_version, *migration_version, *language, *directory, *package,
                *record, *since;
        bool github; /* the format of the findings */
        char *unit;  /* the package, unescaped from the instance */
        char **args; /* the verb is the first */
        size_t n_args;
        char *problem; /* the first error, or NULL */
};

/*
 * Fills in @options, which point into @argv. It goes on after an error: whether the error has to be printed as JSON depends on the
 * options after it. Returns: 0, -EINVAL with the problem set, or -ENOMEM.
 */
_must_check_ int options_parse(struct options *options, int argc, char **argv);
/* Turns "help VERB" into "VERB --help", unless there are more arguments. */
void options_take_help(struct options *options);
void options_done(struct options *options);

static inline bool options_has(const struct options *options, enum option_id id)
{
        return options->given & OPTION_BIT(id);
}

/* Prints an entry for each option of @set: "  --root DIR   work on the system below DIR". */
void options_print_help(FILE *stream, uint64_t set);
/* Returns: @ret, "--root" or "-q". */
const char *option_name(enum option_id id, char ret[static OPTION_NAME_MAX]);
