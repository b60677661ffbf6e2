/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/environment.h"

#include "process/process.h"
#include "process/program-environment.h"
#include "turn/turn.h"

#define PYTHON        "/usr/bin/python3"
#define PYTHON_HELPER "run-python-migration"

static int environment_add_arguments(struct strv *argv, const struct phase *phase)
{
        const struct dmig *ctx = phase->ctx;
        int r = 0;

        if (phase->migration->python_module) {
                /* -I: ignore the environment and the working directory. -B: leave no bytecode. */
                r = strv_add(argv, PYTHON);
                if (r >= 0)
                        r = strv_add(argv, "-IB");
                if (r >= 0)
                        r = strv_addf(argv, "%s/%s", ctx->libexecdir, PYTHON_HELPER);
        }
        if (r >= 0)
                r = strv_addf(argv, "%s%s", ctx->root.path, phase->migration->path);
        return r < 0 ? r : strv_add(argv, phase->name);
}

static int environment_add_variables(struct strv *envp, const struct phase *phase)
{
        const struct {
                const char *name;
                const char *value;
        } variables[] = {
                { "DEPLOY_MIGRATE_PACKAGE", phase->package },
                { "DEPLOY_MIGRATE_FROM", phase->upgrade->from },
                { "DEPLOY_MIGRATE_TO", phase->upgrade->to },
                { "DEPLOY_MIGRATE_VERSION", dmig_semver_get_text(phase->migration->version) },
                { "DEPLOY_MIGRATE_ID", phase->migration->id },
                { "DEPLOY_MIGRATE_PHASE", phase->name },
        };
        int r;

        r = program_environment_add(envp, &phase->ctx->root);
        if (r >= 0)
                r = strv_addf(envp, "DEPLOY_MIGRATE_KITS=%s/kits", phase->ctx->datadir);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(variables); i++)
                r = strv_addf(envp, "%s=%s", variables[i].name, variables[i].value);
        if (r >= 0)
                r = strv_addf(envp, "DEPLOY_MIGRATE_ATTEMPT=%u", phase->number);
        if (r >= 0)
                r = strv_addf(envp, "DEPLOY_MIGRATE_PROGRESS_FD=%d", PROCESS_PROGRESS_FD);
        if (r >= 0 && phase->turn)
                r = strv_addf(envp, "DEPLOY_MIGRATE_TOKEN=%s", turn_get_token(phase->turn));
        return r;
}

int environment_make(struct environment *ret, const struct phase *phase)
{
        _cleanup_(environment_done) struct environment made = { 0 };
        int r;

        r = environment_add_arguments(&made.argv, phase);
        if (r >= 0)
                r = environment_add_variables(&made.envp, phase);
        if (r < 0)
                return r;
        *ret = made;
        made = (struct environment){ 0 };
        return 0;
}

void environment_done(struct environment *environment)
{
        strv_done(&environment->argv);
        strv_done(&environment->envp);
}
