/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * options: a command line, one argument a line. Each argument is an option, the value of one, or kept, in its order.
 *
 * Covers: cli/options.c
 */

#include "cli/options.h"
#include "fuzz.h"

#include <getopt.h>

#define ARGUMENTS_MAX 16U

static void check_kept(const struct options *options, char *const *argv, int argc)
{
        int next = 1;

        for (size_t i = 0; i < options->n_args; i++) {
                while (next < argc && options->args[i] != argv[next])
                        next++;
                law(next < argc);
                next++;
        }
        law(!options->args[options->n_args]);
}

static void check_parsed(const struct options *options)
{
        law(options->color <= COLOR_NEVER && options->verbosity >= -1 && options->verbosity <= 1);
        law(!options->sandbox_off || options_has(options, OPTION_SANDBOX));
        law(!options->unit == !options_has(options, OPTION_UNIT) || options->problem);
        law(!options->root == !options_has(options, OPTION_ROOT));
        law(!options->lock_timeout_usec || options_has(options, OPTION_LOCK_TIMEOUT));
        law(options->given >> OPTION_COUNT == 0);
}

/* Each option that was given has a line of help. */
static void check_help(const struct options *options)
{
        char *text = NULL;
        size_t size, n = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                abort();
        options_print_help(stream, options->given);
        fclose(stream);
        for (const char *p = text; (p = strchr(p, '\n')); p++)
                n++;
        law(n == (size_t)__builtin_popcountll(options->given));
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *argv[ARGUMENTS_MAX + 1] = { NULL };
        struct options options;
        int argc = 1, r;

        fuzz_split(data, size, '\n', ARGUMENTS_MAX - 1, argv + 1);
        argv[0] = strdup("deploy-migrate");
        while (argc < (int)ARGUMENTS_MAX && *argv[argc])
                argc++;
        for (unsigned i = (unsigned)argc; i < ARGUMENTS_MAX; i++)
                free(TAKE_PTR(argv[i]));

        optind = 0; /* getopt_long() begins anew */
        r = options_parse(&options, argc, argv);
        law(r == (options.problem ? -EINVAL : 0));
        check_kept(&options, argv, argc);
        check_parsed(&options);
        check_help(&options);
        options_take_help(&options);
        options_done(&options);
        fuzz_free(argv, (size_t)argc);
        return 0;
}
