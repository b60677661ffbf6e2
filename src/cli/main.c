/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program: parses the command line, runs the verb, and returns its exit status. */

#include "cli/cli.h"
#include "cli/help.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/verbs/verbs.h"

#include <fcntl.h>
#include <locale.h>

/*
 * Opens /dev/null as each standard stream that our caller has closed, so that no file of ours gets its number and our output.
 * Read only, so that writing to a closed standard output still fails.
 */
static void standard_streams_open(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && fd <= STDERR_FILENO);
        fd_closep(&fd);
}

/* The rules that the table of verbs can't express: some options need exactly one package. */
static int cli_check_package_options(struct cli *cli)
{
        struct options *options = &cli->options;

        if (options->unit && options->n_args > 1)
                return cli_usage(cli, "--unit already names the package; remove the PACKAGE argument");
        if (options->unit)
                options->args[options->n_args++] = options->unit;
        if ((options->from || options->to) && options->n_args != 2)
                return cli_usage(cli, "--from and --to need exactly one PACKAGE");
        return EXIT_DONE;
}

static int cli_check_usage(struct cli *cli, const struct verb *verb)
{
        const struct options *options = &cli->options;
        size_t n = options->n_args - 1;
        char name[OPTION_NAME_MAX];

        for (int id = 0; id < OPTION_COUNT; id++)
                if (options->given & OPTION_BIT(id) & ~(verb->options | OPTIONS_COMMON))
                        return cli_usage(cli, "option '%s' is not valid with %s; try 'deploy-migrate %s --help'",
                                         option_name((enum option_id)id, name), verb->name, verb->name);
        if (n < verb->min || n > verb->max)
                return cli_usage(cli, "too %s arguments; usage: deploy-migrate %s %s", n < verb->min ? "few" : "many",
                                 verb->name, verb->arguments);
        return cli_check_package_options(cli);
}

static int cli_run_verb(struct cli *cli, const struct verb *verb)
{
        int status = cli_check_usage(cli, verb);

        if (status == EXIT_DONE)
                status = session_open(cli);
        return status == EXIT_DONE ? verb->run(cli, cli->options.args + 1) : status;
}

/* A guess needs no other advice. */
static int cli_refuse_options(struct cli *cli)
{
        const char *problem = cli->options.problem;

        return cli_usage(cli, "%s%s", problem,
                         problem[strlen(problem) - 1] == '?' ? "" : "; try 'deploy-migrate --help'");
}

static int cli_refuse_verb(struct cli *cli, const char *name)
{
        const struct verb *guess = verbs_guess(name);

        if (streq(name, "help")) /* options_take_help() has left it there */
                return cli_usage(cli, "too many arguments; usage: deploy-migrate help [VERB]");
        if (guess)
                return cli_usage(cli, "unknown verb '%s'; did you mean '%s'?", name, guess->name);
        return cli_usage(cli, "unknown verb '%s'; try 'deploy-migrate --help'", name);
}

static int cli_dispatch(struct cli *cli)
{
        const struct options *options = &cli->options;
        const char *name = options->args[0];
        const struct verb *verb = name ? verbs_find(name) : NULL;

        if (options_has(options, OPTION_VERSION))
                help_print_version(stdout);
        else if (name && !verb)
                return cli_refuse_verb(cli, name);
        else if (options_has(options, OPTION_HELP) && verb)
                help_print_verb(stdout, verb);
        else if (options_has(options, OPTION_HELP))
                help_print(stdout);
        else if (verb)
                return cli_run_verb(cli, verb);
        else {
                help_print_usage(stderr);
                return cli_usage(cli, "no verb given; try 'deploy-migrate --help'");
        }
        return EXIT_DONE;
}

int main(int argc, char **argv)
{
        _cleanup_(cli_done) struct cli cli = { 0 };
        int r, status;

        standard_streams_open();
        setlocale(LC_CTYPE, "");
        r = options_parse(&cli.options, argc, argv);
        if (r >= 0)
                options_take_help(&cli.options);
        cli_init(&cli);

        if (r < 0 && !cli.options.problem)
                status = cli_failed(&cli, NULL, r);
        else if (r < 0)
                status = cli_refuse_options(&cli);
        else
                status = cli_dispatch(&cli);
        if (signals_caught())
                status = exit_status_worse(status, EXIT_INTERRUPTED);
        return cli_finish(&cli, status);
}
