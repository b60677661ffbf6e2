/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* run [PACKAGE...]: migrates each package, again if more upgrades arrive meanwhile, and prints the outcome of each. */

#include "cli/packages.h"
#include "cli/verbs/verbs.h"
#include "cli/view.h"

/* A package can be upgraded while others are migrated, so there is another pass; the limit is for a system that never settles. */
#define PASSES_MAX 10

/* The outcome of a package in an earlier pass. */
struct outcome {
        char *package;
        char *to;
        int status;
};

struct run_state {
        struct view view;
        bool all;       /* packages, since none was named */
        bool completed; /* something was migrated */
        struct outcome *outcomes;
        size_t n_outcomes;
};

static void run_state_done(struct run_state *run)
{
        for (size_t i = 0; i < run->n_outcomes; i++) {
                free(run->outcomes[i].package);
                free(run->outcomes[i].to);
        }
        free(run->outcomes);
}

static const struct outcome *run_state_find(const struct run_state *run, const char *package)
{
        for (size_t i = run->n_outcomes; i-- > 0;)
                if (streq(run->outcomes[i].package, package))
                        return &run->outcomes[i];
        return NULL;
}

/* If memory runs out the package is run once more in the next pass, which is harmless. */
static void run_state_add(struct run_state *run, const struct dmig_report *report, int status)
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

/* Whether the package was upgraded since: to another version than the one that it failed to reach. */
static bool outcome_is_outdated(struct cli *cli, const struct outcome *before)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        const char *to;

        if (dmig_plan(cli->ctx, before->package, NULL, NULL, 0, &report) < 0)
                return false;
        to = dmig_report_get_to(report);
        return to && (!before->to || !streq(to, before->to));
}

static unsigned verb_run_flags(const struct options *options, bool all)
{
        return (all ? DMIG_ALL : 0U) | (options->sandbox_off ? DMIG_SANDBOX_OFF : 0U) |
               (options_has(options, OPTION_FORCE) ? DMIG_FORCE : 0U) |
               (options_has(options, OPTION_NO_TURN) ? DMIG_NO_TURN : 0U) |
               (options_has(options, OPTION_UNIT) ? DMIG_STARTING : 0U);
}

static int verb_run_package(struct cli *cli, const char *package, void *userdata)
{
        const struct options *options = &cli->options;
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        struct run_state *run = userdata;
        const struct outcome *before = run_state_find(run, package);
        int r, status;

        if (before && before->status != EXIT_DONE && !outcome_is_outdated(cli, before))
                return EXIT_DONE; /* its status is already part of ours */
        r = dmig_run(cli->ctx, package, options->from, options->to, verb_run_flags(options, run->all), &report);
        if (r < 0)
                return cli_failed(cli, package, r);
        if (before && dmig_report_get_result(report) == DMIG_RESULT_NOTHING_TO_DO)
                return EXIT_DONE;

        run->completed = run->completed || dmig_report_get_result(report) == DMIG_RESULT_COMPLETED;
        status = view_show(cli, &run->view, report);
        run_state_add(run, report, status);
        return status;
}

int verb_run(struct cli *cli, char **args)
{
        _cleanup_(run_state_done) struct run_state run = { .view = VIEW_RUN };
        int status = EXIT_DONE;

        if (options_has(&cli->options, OPTION_DRY_RUN))
                return verb_plan(cli, args);

        run.view.named = *args;
        run.all = !*args;
        for (unsigned pass = 0; pass < PASSES_MAX && status != EXIT_INTERRUPTED; pass++) {
                status = exit_status_worse(status, packages_foreach(cli, args, verb_run_package, &run));
                if (dmig_is_stale(cli->ctx) <= 0)
                        break;
        }
        if (status != EXIT_INTERRUPTED)
                view_finish(cli, &run.view, status);
        if (run.all || run.completed)
                (void)dmig_reset_failed(cli->ctx); /* a unit that still shows an old failure does no harm */
        return status;
}
