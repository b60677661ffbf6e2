/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/trial.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "cli/author/command.h"
#include "cli/author/tree-copy.h"
#include "cli/author/trial-step.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define KILLS 5U

static void trial_done(struct trial *trial)
{
        free(trial->before);
        free(trial->after);
        free(trial->normalize);
        free(trial->normal);
        free(trial->from);
        free(trial->to);
        free(trial->direct);
}

/* ---- What is proved ---- */

/* What ran directly stays, so that the whole isn't what it was. */
static int trial_tell_undo(struct trial *trial, const struct trial_root *root)
{
        _cleanup_free_ char *heading = NULL;

        if (asprintf(&heading,
                     "undo, since %s runs directly on the system; of the whole it would leave:", trial->direct) < 0) {
                heading = NULL;
                return -ENOMEM;
        }
        return trial_tell_tree(trial, root, trial->before, heading);
}

static int trial_undo(struct trial *trial, const struct trial_root *root)
{
        unsigned flags = trial->direct || trial->reaches_out ? DMIG_FORCE : 0;
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r;

        if (!trial->request->workbench->isolated || (trial->direct && trial->fixture->id))
                return strv_add(&trial->result->unproved, "undo, since it doesn't run in a transaction");
        r = dmig_undo(root->ctx, trial->request->package, flags, &report);
        if (r < 0)
                return error_setf(trial->error, r, "%s", dmig_error_message(root->ctx));
        if (trial->direct)
                return trial_tell_undo(trial, root);
        if (dmig_report_get_result(report) != DMIG_RESULT_COMPLETED)
                return strv_addf(&trial->result->faults, "undone: %s", dmig_report_get_error(report));
        r = trial_expect_tree(trial, root, trial->before, "undone, it differs from before/:");
        return r < 0 ? r : trial_migrate(trial, root, DMIG_STATE_APPLIED, "run after an undo");
}

static int trial_record(struct trial *trial, const struct trial_root *root)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!trial->request->record)
                return 0;
        if (path_join(trial->fixture->path, "after", &path) < 0)
                return -ENOMEM;
        command_remove(path);
        r = tree_copy(root->path, path, TREE_AS_LISTED, trial->error);
        if (r >= 0)
                r = tree_strip(path, trial->error);
        if (r < 0)
                return r;
        free(trial->after);
        trial->after = TAKE_PTR(path);
        return 0;
}

/* Returns: 1 if it is worth to go on, 0, or a negative errno. */
static int trial_prove_run(struct trial *trial)
{
        _cleanup_trial_root_ struct trial_root root = { 0 };
        uint64_t begin;
        int r;

        r = trial_begin(trial, trial->before, &root);
        if (r < 0)
                return r;
        begin = now_usec(CLOCK_MONOTONIC);
        r = trial_migrate(trial, &root, DMIG_STATE_APPLIED, "run on before/");
        trial->run_usec = now_usec(CLOCK_MONOTONIC) - begin;
        if (r > 0)
                r = trial_record(trial, &root) < 0 ? -EIO : 1;
        if (r <= 0)
                return r;
        r = trial_expect_after(trial, &root, "run on before/, it differs from after/:");
        if (r >= 0)
                r = trial_undo(trial, &root);
        if (r >= 0 && trial->fixture->id)
                r = trial_repeat(trial, &root);
        return r < 0 ? r : trial->result->faults.n == 0;
}

static int trial_prove_after(struct trial *trial)
{
        _cleanup_trial_root_ struct trial_root root = { 0 };
        int r;

        if (!trial->fixture->id)
                return 0;
        r = trial_begin(trial, trial->after, &root);
        if (r >= 0)
                r = trial_migrate(trial, &root, DMIG_STATE_SATISFIED, "run on after/");
        return r < 0 ? r : trial_expect_tree(trial, &root, trial->after, "run on after/, it changes files:");
}

/*
 * In memory, a directory lists its files in the order in which they were made, or in the opposite one: once so, and once the other way round.
 * And it is later.
 */
static int trial_prove_order(struct trial *trial)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < 2 && trial->before && trial->result->faults.n == 0; i++) {
                _cleanup_trial_root_ struct trial_root root = { 0 };

                r = trial_root_make(trial->request,
                                    &(const struct trial_setup){ trial->before, i == 0 ? TREE_SORTED : TREE_REVERSED,
                                                                 trial->fixture->id },
                                    &root, trial->error);
                if (r >= 0)
                        r = trial_migrate(trial, &root, DMIG_STATE_APPLIED, "run a second time");
                if (r > 0)
                        r = trial_expect_after(
                                trial, &root,
                                "run a second time, it differs from after/: does it depend on the clock, or on the order of files in a directory?");
        }
        return r;
}

/* Runs it in a process that is killed after @usec. */
static int trial_run_and_kill(struct trial *trial, const struct trial_root *root, uint64_t usec)
{
        struct dmig_report *report;
        struct dmig *ctx;
        pid_t pid = fork();

        if (pid < 0)
                return error_errnof(trial->error, -errno, "can't start a process");
        if (pid == 0) {
                if (trial_root_open(root->path, &ctx, NULL) >= 0)
                        (void)!dmig_run(ctx, trial->request->package, trial->from, trial->to, trial_get_flags(trial),
                                        &report);
                _exit(EXIT_SUCCESS);
        }
        usleep((useconds_t)usec);
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        return 0;
}

static int trial_prove_kill(struct trial *trial, uint64_t usec)
{
        _cleanup_trial_root_ struct trial_root root = { 0 };
        char when[64], heading[96];
        int r;

        snprintf(when, sizeof(when), "killed after %u ms and run again", (unsigned)(usec / 1000));
        snprintf(heading, sizeof(heading), "%s, it differs from after/:", when);
        r = trial_begin(trial, trial->before, &root);
        if (r >= 0)
                r = trial_run_and_kill(trial, &root, usec);
        if (r >= 0)
                r = trial_migrate(trial, &root, DMIG_STATE_PENDING, when);
        return r > 0 ? trial_expect_after(trial, &root, heading) : r;
}

/* At points all over the run; what comes first is enough. Without the transaction that it would have, a kill leaves what it never does. */
static int trial_prove_kills(struct trial *trial)
{
        int r = 0;

        if (!trial->request->workbench->isolated && !trial->direct && trial->result->faults.n == 0)
                return strv_add(&trial->result->unproved,
                                "that it is killed and run again, since it doesn't run in a transaction");
        for (unsigned i = 1; r >= 0 && i <= KILLS && trial->result->faults.n == 0; i++)
                r = trial_prove_kill(trial, trial->run_usec * i / (KILLS + 1));
        return r;
}

/* ---- The whole ---- */

/* What a run of one migration has to span. */
static int trial_set_versions(struct trial *trial)
{
        const char *id = trial->fixture->id;
        int n = id ? (int)strcspn(id, "/") : 0;

        if (!id) {
                trial->from = strdup(trial->fixture->from);
                trial->to = strdup(VERSION_MAX);
        } else if (asprintf(&trial->from, "%.*s~~", (int)strcspn(id, "-+/"), id) < 0)
                trial->from = NULL;
        else if (asprintf(&trial->to, "v%.*s", n, id) < 0)
                trial->to = NULL;
        return trial->from && trial->to ? 0 : -ENOMEM;
}

static int trial_prove(struct trial *trial)
{
        int r;

        r = trial_find_trees(trial);
        if (r >= 0 && !trial->request->workbench->isolated)
                r = strv_add(&trial->result->unproved,
                             "that it works in a transaction, and touches nothing else: mounts can't be made here");
        if (r >= 0 && geteuid() != 0)
                r = strv_add(&trial->result->unproved,
                             "that files have the right owners: only root can give them away");
        if (r >= 0 && trial->result->faults.n == 0)
                r = trial_prove_run(trial);
        if (r > 0)
                r = trial_prove_after(trial);
        if (r >= 0 && trial->result->faults.n == 0)
                r = trial_prove_order(trial);
        return r < 0 ? r : trial_prove_kills(trial);
}

int trial_run(const struct trial_request *request, const struct fixture *fixture, struct trial_result *ret,
              struct error *error)
{
        _cleanup_(trial_done) struct trial trial = {
                .request = request, .fixture = fixture, .result = ret, .error = error
        };
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        int r;

        assert(request && fixture && ret);

        *ret = (struct trial_result){ 0 };
        r = trial_set_versions(&trial);
        if (r >= 0)
                r = trial_prove(&trial);
        ret->duration_ms = (now_usec(CLOCK_MONOTONIC) - begin) / 1000;
        return r < 0 ? r : 0;
}

void trial_result_done(struct trial_result *result)
{
        assert(result);

        strv_done(&result->faults);
        strv_done(&result->unproved);
}
