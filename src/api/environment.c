/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/environment.h"

#include <stdarg.h>
#include <stdio.h>

#define PYTHON        "/usr/bin/python3"
#define PYTHON_HELPER "run-python-migration"

static int add(char ***list, const char *format, ...) _printf_(2, 3);
static int add(char ***list, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        size_t n = 0;
        char **grown;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }

        while (*list && (*list)[n])
                n++;
        grown = reallocarray(*list, n + 2, sizeof(char *));
        if (!grown)
                return -ENOMEM;
        grown[n] = TAKE_PTR(text);
        grown[n + 1] = NULL;
        *list = grown;
        return 0;
}

static int add_arguments(char ***argv, const struct phase *phase)
{
        const struct dmig *ctx = phase->ctx;
        int r = 0;

        if (phase->migration->python_module) {
                /* -I -B: neither the environment, nor the working directory, nor bytecode left behind. */
                r = add(argv, "%s", PYTHON);
                if (r >= 0)
                        r = add(argv, "-IB");
                if (r >= 0)
                        r = add(argv, "%s/%s", ctx->libexecdir, PYTHON_HELPER);
        }
        if (r >= 0)
                r = add(argv, "%s%s", ctx->root.path, phase->migration->path);
        return r < 0 ? r : add(argv, "%s", phase->name);
}

static int add_variables(char ***envp, const struct phase *phase)
{
        const struct {
                const char *name;
                const char *value;
        } variables[] = {
                { "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
                { "LANG", "C.UTF-8" },
                { "HOME", "/root" },
                { "DEPLOY_MIGRATE_PACKAGE", phase->package },
                { "DEPLOY_MIGRATE_FROM", phase->upgrade->from },
                { "DEPLOY_MIGRATE_TO", phase->upgrade->to },
                { "DEPLOY_MIGRATE_VERSION", dmig_semver_get_text(phase->migration->version) },
                { "DEPLOY_MIGRATE_ID", phase->migration->id },
                { "DEPLOY_MIGRATE_PHASE", phase->name },
        };
        const char *root = phase->ctx->root.path;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(variables); i++)
                r = add(envp, "%s=%s", variables[i].name, variables[i].value);
        if (r >= 0)
                r = add(envp, "DEPLOY_MIGRATE_ATTEMPT=%u", phase->number);
        if (r >= 0 && root[0])
                r = add(envp, "DPKG_ROOT=%s", root);
        return r;
}

int environment_make(struct environment *ret, const struct phase *phase)
{
        _cleanup_(environment_done) struct environment made = { 0 };
        int r;

        r = add_arguments(&made.argv, phase);
        if (r >= 0)
                r = add_variables(&made.envp, phase);
        if (r < 0)
                return r;
        *ret = made;
        made = (struct environment){ 0 };
        return 0;
}

void environment_done(struct environment *environment)
{
        dmig_names_free(environment->argv);
        dmig_names_free(environment->envp);
}
