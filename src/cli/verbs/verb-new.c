/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* new NAME: makes the files of a migration that is to be written. new --init: adds to a Debian source tree what its migrations need. */

#include "cli/author/new-migration.h"
#include "cli/author/source-init.h"
#include "cli/terminal/diff-text.h"
#include "cli/verbs/verbs.h"

/* An existing file is a fault of the command, too. */
static int new_fail(struct cli *cli, int r, struct error *error)
{
        error_complete(error, r);
        return cli_fail(cli, r == -EINVAL || r == -EEXIST ? EXIT_USAGE : EXIT_UNUSABLE, error_text(error));
}

static void new_print(const struct cli *cli, const struct new_migration *request,
                      const struct new_migration_result *result)
{
        FILE *stream = cli->out.stream;
        bool compiled = streq(request->language, "c");

        if (cli->options.verbosity < 0)
                return;
        for (size_t i = 0; i < result->files.n; i++)
                fprintf(stream, "%s\n", result->files.list[i]);
        fprintf(stream,
                "\nFill in the places marked FILL IN in %s, and the fixture, then run\n    %s%s%sdeploy-migrate test %s\n",
                result->program, compiled ? "make -C " : "", compiled ? request->directory : "", compiled ? " && " : "",
                request->directory);
}

static int new_init(struct cli *cli, const char *directory)
{
        _cleanup_error_ struct error error = { 0 };
        _cleanup_strv_ struct strv diffs = { 0 };
        bool quiet = cli->options.verbosity < 0;
        int r;

        r = source_init(directory, &diffs, &error);
        for (size_t i = 0; i < diffs.n && !quiet; i++)
                diff_text_print(&cli->out, diffs.list[i]);
        if (r < 0)
                return new_fail(cli, r, &error);
        if (diffs.n == 0 && !quiet)
                fputs("nothing to add: the source tree has all that its migrations need\n", cli->out.stream);
        return EXIT_DONE;
}

static int new_make(struct cli *cli, const char *name, const char *directory)
{
        const struct options *options = &cli->options;
        const struct new_migration request = {
                .name = name,
                .directory = directory,
                .version = options->migration_version,
                .language = options->language ? options->language : "sh",
        };
        _cleanup_(new_migration_result_done) struct new_migration_result result = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r;

        r = new_migration_make(&request, &result, &error);
        if (r < 0)
                return new_fail(cli, r, &error);
        new_print(cli, &request, &result);
        return EXIT_DONE;
}

int verb_new(struct cli *cli, char **args)
{
        const char *directory = cli->options.directory ? cli->options.directory : "migrations";
        bool init = options_has(&cli->options, OPTION_INIT);
        int status = EXIT_DONE;

        if (!args[0] && !init)
                return cli_usage(cli, "new needs the NAME of a migration, or --init");
        if (init)
                status = new_init(cli, directory);
        return status == EXIT_DONE && args[0] ? new_make(cli, args[0], directory) : status;
}
