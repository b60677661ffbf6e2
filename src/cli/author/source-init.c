/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/source-init.h"

#include "basic/path.h"
#include "cli/author/debian-control.h"
#include "cli/author/file-edit.h"
#include "cli/author/source.h"

#include <stdio.h>

#define ADDON "dh-sequence-deploy-migrate"

enum { EDIT_CONTROL, EDIT_LIST, EDIT_TESTS, EDIT_COUNT };

struct initiation {
        struct source source;
        const char *base; /* of the paths of files: the source tree, or "" if we are in it */
        char *directory;  /* of the migrations, relative to the source tree */
        struct file_edit edits[EDIT_COUNT];
        struct error *error;
};

static void initiation_done(struct initiation *init)
{
        source_done(&init->source);
        free(init->directory);
        for (size_t i = 0; i < EDIT_COUNT; i++)
                file_edit_done(&init->edits[i]);
}

/* ---- Where ---- */

static int initiation_find_directory(struct initiation *init, const char *here, const char *directory)
{
        _cleanup_free_ char *path = NULL;
        const char *below;

        if (path_join(directory[0] == '/' ? "" : here, directory, &path) < 0)
                return -ENOMEM;
        for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
                path[n - 1] = '\0';
        below = path_startswith(path, init->source.path);
        if (!below || !below[0] || strstr(path, "/."))
                return error_setf(init->error, -EINVAL,
                                  "%s: isn't a directory in the source tree %s; give another one with --dir", directory,
                                  init->source.path);
        return str_replace(&init->directory, below);
}

static int initiation_find_source(struct initiation *init, const char *directory)
{
        _cleanup_free_ char *here = get_current_dir_name();
        int r;

        if (!here)
                return -ENOMEM;
        r = source_find(here, &init->source, init->error);
        if (r == 0)
                return error_setf(
                        init->error, -EINVAL,
                        "there is no debian/changelog here; run it in a Debian source tree, as dh_make makes one");
        if (r < 0)
                return r;
        init->base = streq(init->source.path, here) ? "" : init->source.path;
        return initiation_find_directory(init, here, directory);
}

/* ---- debian/control ---- */

static unsigned text_count_lines(const char *begin, const char *end)
{
        unsigned n = 1;

        for (const char *p = begin; p < end; p++)
                n += *p == '\n';
        return n;
}

/* Returns: 1 if debian/rules calls the addon itself, 0 if dh does, or a negative errno. */
static int initiation_check_rules(struct initiation *init)
{
        _cleanup_file_edit_ struct file_edit rules = { 0 };
        const char *include;
        int r;

        r = file_edit_open(init->base, "debian/rules", &rules, init->error);
        if (r < 0)
                return r;
        if (!rules.old)
                return error_setf(init->error, -EINVAL, "%s: isn't there; make it first, as dh_make does", rules.path);
        if (strstr(rules.old, "dh_deploymigrate") || strstr(rules.old, "deploy-migrate"))
                return 1;
        if (strstr(rules.old, "\tdh ") || strstr(rules.old, "\t@dh "))
                return 0;
        include = strstr(rules.old, "include ");
        return error_setf(
                init->error, -EINVAL,
                "%s:%u: doesn't call dh, which would call the addon; call dh_deploymigrate after dh_installsystemd, and dh_deploymigrate_test where tests are run",
                rules.path, include ? text_count_lines(rules.old, include) : 1);
}

static int initiation_edit_control(struct initiation *init)
{
        struct file_edit *control = &init->edits[EDIT_CONTROL];
        _cleanup_free_ char *source = NULL;
        int r;

        r = file_edit_open(init->base, "debian/control", control, init->error);
        if (r < 0)
                return r;
        if (!control->old)
                return error_setf(init->error, -EINVAL,
                                  "%s: isn't there; run it in a Debian source tree, as dh_make makes one",
                                  control->path);
        r = initiation_check_rules(init);
        if (r != 0)
                return r < 0 ? r : 0;
        r = debian_control_add_dependency(&(const struct debian_control){ control->path, control->old }, ADDON,
                                          &control->text, init->error);
        if (r <= 0)
                return r;
        if (path_join(init->base, "debian/control.in", &source) < 0)
                return -ENOMEM;
        if (access(source, F_OK) >= 0 || errno != ENOENT)
                return error_setf(init->error, -EINVAL, "%s:1: is made of %s; add " ADDON " to Build-Depends there",
                                  control->path, source);
        return 0;
}

/* ---- debian/PACKAGE.migrations ---- */

/* @ret: the package that has the migrations, by its name or since it is the only one; NULL: that of the first. */
static int initiation_find_package(const struct initiation *init, const struct strv *packages, const char **ret)
{
        *ret = NULL;
        if (packages->n == 1)
                return 0;
        for (size_t i = 0; i < packages->n; i++)
                if (streq(packages->list[i], init->source.package)) {
                        *ret = packages->list[i];
                        return 0;
                }
        return error_setf(
                init->error, -EINVAL,
                "%s:1: has %zu binary packages, and none is named like the source; say which one ships the migrations: echo %s >debian/PACKAGE.migrations",
                init->edits[EDIT_CONTROL].path, packages->n, init->directory);
}

/* Returns: 1 if a line of the file @name is our directory, 0 if none is, or a negative errno. */
static int initiation_has_list(const struct initiation *init, const char *name)
{
        _cleanup_file_edit_ struct file_edit list = { 0 };
        char *rest, *line;
        int r;

        r = file_edit_open(init->base, name, &list, init->error);
        for (rest = list.old; r >= 0 && (line = strsep(&rest, "\n"));) {
                for (size_t n = strlen(line); n > 0 && strchr(" \t/", line[n - 1]); n--)
                        line[n - 1] = '\0';
                if (streq(line, init->directory))
                        return 1;
        }
        return r;
}

static int initiation_is_listed(const struct initiation *init, const struct strv *packages)
{
        int r = initiation_has_list(init, "debian/migrations");

        for (size_t i = 0; r == 0 && i < packages->n; i++) {
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "debian/%s.migrations", packages->list[i]) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                r = initiation_has_list(init, name);
        }
        return r;
}

/* Returns: 0 or -ENOMEM. */
static int file_edit_append(struct file_edit *edit, const char *separator, const char *text)
{
        const char *old = edit->old ? edit->old : "";
        size_t n = strlen(old);

        if (asprintf(&edit->text, "%s%s%s%s", old, n > 0 && old[n - 1] != '\n' ? "\n" : "", n > 0 ? separator : "",
                     text) < 0) {
                edit->text = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int initiation_edit_list(struct initiation *init)
{
        _cleanup_free_ char *name = NULL, *line = NULL;
        _cleanup_strv_ struct strv packages = { 0 };
        const char *package;
        int r;

        r = debian_control_list_packages(init->edits[EDIT_CONTROL].old, &packages);
        if (r >= 0)
                r = initiation_is_listed(init, &packages);
        if (r != 0)
                return r < 0 ? r : 0;
        r = initiation_find_package(init, &packages, &package);
        if (r < 0)
                return r;
        if (asprintf(&name, "debian/%s%smigrations", package ? package : "", package ? "." : "") < 0) {
                name = NULL;
                return -ENOMEM;
        }
        if (asprintf(&line, "%s\n", init->directory) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        r = file_edit_open(init->base, name, &init->edits[EDIT_LIST], init->error);
        return r < 0 ? r : file_edit_append(&init->edits[EDIT_LIST], "", line);
}

/* ---- debian/tests/control ---- */

static int initiation_edit_tests(struct initiation *init)
{
        struct file_edit *tests = &init->edits[EDIT_TESTS];
        _cleanup_free_ char *text = NULL;
        int r;

        r = file_edit_open(init->base, "debian/tests/control", tests, init->error);
        if (r < 0)
                return r;
        if (tests->old && strstr(tests->old, "deploy-migrate test"))
                return 0;
        if (asprintf(&text,
                     "# The migrations, with the programs of the installed packages.\n"
                     "Test-Command: deploy-migrate test %s\nDepends: @, deploy-migrate\nRestrictions: allow-stderr\n",
                     init->directory) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return file_edit_append(tests, "\n", text);
}

/* ---- The whole ---- */

static int initiation_commit(const struct initiation *init, struct source_init_result *ret)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < EDIT_COUNT; i++) {
                char *diff = NULL;

                r = file_edit_commit(&init->edits[i], &diff, init->error);
                if (r < 0 || !diff)
                        continue;
                r = strv_take(&ret->diffs, diff);
                if (r >= 0)
                        r = strv_add(&ret->files, init->edits[i].path);
        }
        return r;
}

int source_init(const char *directory, struct source_init_result *ret, struct error *error)
{
        _cleanup_(initiation_done) struct initiation init = { .error = error };
        int r;

        assert(directory);
        assert(ret);

        *ret = (struct source_init_result){ 0 };
        r = initiation_find_source(&init, directory);
        if (r >= 0)
                r = initiation_edit_control(&init);
        if (r >= 0)
                r = initiation_edit_list(&init);
        if (r >= 0)
                r = initiation_edit_tests(&init);
        return r < 0 ? r : initiation_commit(&init, ret);
}

void source_init_result_done(struct source_init_result *result)
{
        assert(result);

        strv_done(&result->files);
        strv_done(&result->diffs);
}
