/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/shipped.h"

#include "basic/path.h"
#include "cli/author/command.h"
#include "deploy-migrate.h"

#include <stdio.h>

/* A migration's name begins with three digits. */
#define NUMBER_SIZE 3U

struct shipped {
        const struct shipped_request *request;
        char *newest; /* version directory in the commit, without its "v"; NULL: none */
        struct error *error;
};

static void shipped_done(struct shipped *shipped)
{
        free(shipped->newest);
}

/* Runs git on the files of the directory, with names relative to it. @ret: what it printed. */
static int shipped_run_git(const struct shipped *shipped, const char *const args[static 4], char **ret)
{
        const char *const command[] = { "git",
                                        "-c",
                                        "diff.renames=false",
                                        "-C",
                                        shipped->request->directory,
                                        args[0],
                                        args[1],
                                        args[2],
                                        args[3],
                                        "--",
                                        ".",
                                        NULL };
        int r = command_run(command, ret, shipped->error);

        return r > 0 ? error_setf(shipped->error, -EINVAL,
                                  "%s: git can't compare it with %s: the reason is above; name a commit that has it",
                                  shipped->request->directory, shipped->request->commit)
                     : r;
}

/* Returns: the version in "v1.2.0/001_name", to be freed, or NULL, also if memory ran out. */
static char *path_find_version(const char *path)
{
        size_t n = strcspn(path, "/");

        return path[0] == 'v' && path[n] == '/' ? strndup(path + 1, n - 1) : NULL;
}

static bool path_is_migration(const char *path)
{
        const char *name = path_name(path), *dot = strrchr(name, '.');

        return path[0] == 'v' && strspn(name, "0123456789") == NUMBER_SIZE && name[NUMBER_SIZE] == '_' &&
               !(dot && streq(dot, ".json"));
}

/* ---- What was shipped ---- */

static int shipped_note_version(struct shipped *shipped, const char *path)
{
        _cleanup_free_ char *version = path_is_migration(path) ? path_find_version(path) : NULL;
        int order = 1;

        if (!version || (shipped->newest && dmig_semver_cmp(version, shipped->newest, &order) < 0) || order <= 0)
                return 0;
        return str_replace(&shipped->newest, version);
}

static int shipped_find_newest(struct shipped *shipped)
{
        _cleanup_free_ char *list = NULL;
        char *rest, *path;
        int r;

        r = shipped_run_git(shipped, (const char *const[]){ "ls-tree", "-r", "--name-only", shipped->request->commit },
                            &list);
        rest = list;
        while (r >= 0 && (path = strsep(&rest, "\n")))
                r = shipped_note_version(shipped, path);
        return r;
}

/* ---- What became of it ---- */

/* Returns: what is wrong with a migration, or NULL. @status: a letter of git diff --name-status. */
static const char *shipped_find_fault(const struct shipped *shipped, char status, const char *path)
{
        _cleanup_free_ char *version = path_find_version(path);
        int order = 1;

        if (status == 'M')
                return "was shipped, and changed since: machines that have applied it don't run it again; put the change into a new one";
        if (status == 'D')
                return "was shipped, and is gone: machines that skip a release miss it; keep it";
        if (status == 'A' && version && shipped->newest && dmig_semver_cmp(version, shipped->newest, &order) >= 0 &&
            order <= 0)
                return "is new in a version that was shipped: machines that have that version never run it; give it a later version";
        return NULL;
}

static int shipped_check_line(const struct shipped *shipped, const char *line)
{
        const char *path = strchr(line, '\t'), *fault;
        _cleanup_free_ char *whole = NULL;

        if (!path || !path_is_migration(path + 1))
                return 0;
        fault = shipped_find_fault(shipped, line[0], path + 1);
        if (!fault)
                return 0;
        if (path_join(shipped->request->directory, path + 1, &whole) < 0)
                return -ENOMEM;
        shipped->request->fn(whole, fault, shipped->request->userdata);
        return 0;
}

int shipped_check(const struct shipped_request *request, struct error *error)
{
        _cleanup_(shipped_done) struct shipped shipped = { .request = request, .error = error };
        _cleanup_free_ char *list = NULL;
        char *rest, *line;
        int r;

        assert(request && request->directory && request->commit && request->fn);

        r = shipped_find_newest(&shipped);
        if (r >= 0)
                r = shipped_run_git(&shipped,
                                    (const char *const[]){ "diff", "--relative", "--name-status", request->commit },
                                    &list);
        rest = list;
        while (r >= 0 && (line = strsep(&rest, "\n")))
                r = shipped_check_line(&shipped, line);
        return r;
}
