/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/verbs/packages.h"
#include "cli/verbs/verbs.h"
#include "cli/verbs/view.h"

/* An upgrade can land while others run; one that never ends can't keep us here. */
#define PASSES_MAX 10

/* What became of a package in an earlier pass. */
struct outcome {
        char *package;
        char *to;
        int status;
};

struct run {
        struct view view;
        struct outcome *outcomes;
        size_t n_outcomes;
};

static void run_done(struct run *run)
{
        for (size_t i = 0; i < run->n_outcomes; i++) {
                free(run->outcomes[i].package);
                free(run->outcomes[i].to);
        }
        free(run->outcomes);
}

static const struct outcome *find_outcome(const struct run *run, const char *package)
{
        for (size_t i = run->n_outcomes; i-- > 0;)
                if (streq(run->outcomes[i].package, package))
                        return &run->outcomes[i];
        return NULL;
}

/* Without memory for it the package is looked at once more, which is harmless. */
static void remember(struct run *run, const struct dmig_report *report, int status)
{
        struct outcome *grown = reallocarray(run->outcomes, run->n_outcomes + 1, sizeof(*grown));
        const char *to = dmig_report_get_to(report);

        if (!grown)
                return;
        run->outcomes = grown;
        grown[run->n_outcomes] = (struct outcome){
                .package = strdup(dmig_report_get_package(report)),
                .to = to ? strdup(to) : NULL,
                .status = status,
        };
        if (grown[run->n_outcomes].package)
                run->n_outcomes++;
}

/* Whether there is another version to migrate to than the one that could not be reached before. */
static bool is_upgraded(struct cli *cli, const struct outcome *before)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        const char *to;

        if (dmig_plan(cli->ctx, before->package, NULL, NULL, 0, &report) < 0)
                return false;
        to = dmig_report_get_to(report);
        return to && (!before->to || !streq(to, before->to));
}

static unsigned flags_of(const struct options *options)
{
        return (options->sandbox_off ? DMIG_SANDBOX_OFF : 0U) | (options_has(options, OPTION_FORCE) ? DMIG_FORCE : 0U) |
               (options_has(options, OPTION_UNIT) ? DMIG_STARTING : 0U);
}

static int run_package(struct cli *cli, const char *package, void *userdata)
{
        const struct options *options = &cli->options;
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        struct run *run = userdata;
        const struct outcome *before = find_outcome(run, package);
        int r, status;

        if (before && before->status != EXIT_DONE && !is_upgraded(cli, before))
                return EXIT_DONE; /* its status counts already */
        r = dmig_run(cli->ctx, package, options->from, options->to, flags_of(options), &report);
        if (r < 0)
                return cli_failed(cli, package, r);
        if (before && dmig_report_get_result(report) == DMIG_RESULT_NOTHING_TO_DO)
                return EXIT_DONE;

        status = view_show(cli, &run->view, report);
        remember(run, report, status);
        return status;
}

int verb_run(struct cli *cli, char **args)
{
        _cleanup_(run_done) struct run run = { .view = VIEW_RUN };
        int status = EXIT_DONE;

        if (options_has(&cli->options, OPTION_DRY_RUN))
                return verb_plan(cli, args);

        run.view.named = *args;
        for (unsigned pass = 0; pass < PASSES_MAX && status != EXIT_INTERRUPTED; pass++) {
                status = exit_status_worse(status, packages_each(cli, args, run_package, &run));
                if (dmig_is_stale(cli->ctx) <= 0)
                        break;
        }
        if (status != EXIT_INTERRUPTED)
                view_finish(cli, &run.view);
        return status;
}
