/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* new NAME: makes the files of a migration that is to be written. new --init: adds to a Debian source tree what its migrations need. */

#include "cli/author/new-migration.h"
#include "cli/author/source-init.h"
#include "cli/json-build.h"
#include "cli/terminal/diff-text.h"
#include "cli/verbs/verbs.h"

/* An existing file is a fault of the command, too. */
static int new_fail(struct cli *cli, int r, struct error *error)
{
        error_complete(error, r);
        return cli_fail(cli, r == -EINVAL || r == -EEXIST ? EXIT_USAGE : EXIT_UNUSABLE, error_text(error));
}

/* @diff: NULL for a file that is new. */
static void new_add_json(struct cli *cli, const char *path, const char *diff)
{
        json_object *object = json_build_object();

        json_build_add_string(object, "path", path);
        json_build_add_string(object, "diff", diff);
        json_build_append(cli->packages, object);
}

static void new_print_files(struct cli *cli, const struct new_migration_result *result)
{
        for (size_t i = 0; i < result->files.n; i++)
                if (cli->packages)
                        new_add_json(cli, result->files.list[i], NULL);
                else if (cli->options.verbosity >= 0)
                        fprintf(cli->out.stream, "%s\n", result->files.list[i]);
}

static void new_print_next(const struct cli *cli, const struct new_migration *request,
                           const struct new_migration_result *result)
{
        bool compiled = streq(request->language, "c");

        if (cli->packages || cli->options.verbosity < 0)
                return;
        fprintf(cli->out.stream,
                "\nFill in the places marked FILL IN in %s, and the fixture, then run\n    %s%s%sdeploy-migrate test %s\n",
                result->program, compiled ? "make -C " : "", compiled ? request->directory : "", compiled ? " && " : "",
                request->directory);
}

static void new_print_diffs(struct cli *cli, const struct source_init_result *result)
{
        for (size_t i = 0; i < result->diffs.n; i++)
                if (cli->packages)
                        new_add_json(cli, result->files.list[i], result->diffs.list[i]);
                else if (cli->options.verbosity >= 0)
                        diff_text_print(&cli->out, result->diffs.list[i]);
}

static int new_init(struct cli *cli, const char *directory)
{
        _cleanup_(source_init_result_done) struct source_init_result result = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r;

        r = source_init(directory, &result, &error);
        new_print_diffs(cli, &result);
        if (r < 0)
                return new_fail(cli, r, &error);
        if (result.diffs.n == 0 && !cli->packages && cli->options.verbosity >= 0)
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
        new_print_files(cli, &result);
        new_print_next(cli, &request, &result);
        return EXIT_DONE;
}

int verb_new(struct cli *cli, char **args)
{
        const char *directory = cli->options.directory ? cli->options.directory : "migrations";
        bool init = options_has(&cli->options, OPTION_INIT);
        int status = EXIT_DONE;

        cli->list = "files";
        if (!args[0] && !init)
                return cli_usage(cli, "new needs the NAME of a migration, or --init");
        if (init)
                status = new_init(cli, directory);
        return status == EXIT_DONE && args[0] ? new_make(cli, args[0], directory) : status;
}
