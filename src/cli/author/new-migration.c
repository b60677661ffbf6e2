/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/new-migration.h"

#include "basic/io.h"
#include "cli/author/source.h"
#include "cli/author/template.h"
#include "deploy-migrate.h"

#include <stdarg.h>
#include <stdio.h>

#define NUMBER_MAX 999
#define CASE_NAME  "example"

DEFINE_CLEANUP(struct dmig_semver *, dmig_semver_free);

static const struct language {
        const char *name, *template, *extension;
        const char *source; /* the extension of what it is compiled from; NULL: it isn't compiled */
} languages[] = {
        { "sh", "migration.sh", ".sh", NULL },
        { "python", "migration.py", ".py", NULL },
        { "c", "migration.c", "", ".c" },
};

struct maker {
        const struct new_migration *request;
        const struct language *language;
        char *package;
        char *version; /* semantic */
        char *file;    /* "001_name.sh" */
        struct new_migration_result *result;
        struct error *error;
};

static void maker_done(struct maker *maker)
{
        free(maker->package);
        free(maker->version);
        free(maker->file);
}

/* ---- What was asked for ---- */

static int maker_find_language(struct maker *maker)
{
        for (size_t i = 0; i < ELEMENTSOF(languages); i++)
                if (streq(languages[i].name, maker->request->language)) {
                        maker->language = &languages[i];
                        return 0;
                }
        return error_setf(maker->error, -EINVAL, "--lang takes sh, python or c, not '%s'", maker->request->language);
}

static int maker_check_name(const struct maker *maker)
{
        const char *name = maker->request->name;
        size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

        if (n > 0 && !name[n])
                return 0;
        return error_setf(
                maker->error, -EINVAL,
                "'%s' can't be in the name of a migration: it may have letters, digits and '_', as in rename_key",
                name);
}

/* A semantic version, of which numbers may be missing, or a package version. */
static int maker_parse_version(struct maker *maker, const char *text)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        int r = dmig_semver_parse(text, &version);

        if (r == -EINVAL)
                return source_version_to_semver(text + (text[0] == 'v'), &maker->version, maker->error);
        return r < 0 ? r : str_replace(&maker->version, dmig_semver_get_text(version));
}

/* The version that is given, else that of the source; the package is always the source's. */
static int maker_find_version(struct maker *maker)
{
        bool exists = access(maker->request->directory, F_OK) >= 0;
        _cleanup_source_ struct source source = { 0 };
        int r;

        r = source_find(exists ? maker->request->directory : ".", &source, maker->error);
        if (r < 0)
                return r;
        maker->package = TAKE_PTR(source.package);
        if (maker->request->version)
                return maker_parse_version(maker, maker->request->version);
        if (r == 0)
                return error_setf(
                        maker->error, -EINVAL,
                        "there is no debian/changelog here; give the version that the new format comes with: --version 1.2.3");
        return source_version_to_semver(source.version, &maker->version, maker->error);
}

/* ---- The files ---- */

/* @path: to be taken over. */
static int maker_note(struct maker *maker, char *path)
{
        return strv_take(&maker->result->files, path);
}

static int maker_install(struct maker *maker, const char *template, mode_t mode, char *path)
{
        const struct template file = { template, maker->request->name, path, mode };
        int r = path ? template_install(&file, maker->error) : -ENOMEM;

        if (r < 0) {
                free(path);
                return r;
        }
        return maker_note(maker, path);
}

/* Returns: the formatted path, to be freed, or NULL if memory ran out. */
static char *path_format(const char *format, ...) _printf_(1, 2);
static char *path_format(const char *format, ...)
{
        va_list args;
        char *path;
        int n;

        va_start(args, format);
        n = vasprintf(&path, format, args);
        va_end(args);
        return n < 0 ? NULL : path;
}

/* Returns: the highest number of a migration in @directory, 0 if there is none, or a negative errno. */
static int directory_find_last_number(const char *directory)
{
        _cleanup_(closedirp) DIR *dir = opendir(directory);
        const struct dirent *entry;
        int last = 0;

        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while ((errno = 0, entry = readdir(dir))) {
                char *end;
                long number = strtol(entry->d_name, &end, 10);

                if (end == entry->d_name + 3 && *end == '_' && number > last)
                        last = (int)number;
        }
        return errno ? -errno : last;
}

/* A program in C has its number as long as it isn't compiled, too. */
static int maker_find_number(struct maker *maker)
{
        static const char *const below[] = { "", "src/" };
        int last = 0;

        for (size_t i = 0; i < ELEMENTSOF(below); i++) {
                _cleanup_free_ char *path = NULL;
                int n;

                path = path_format("%s/%sv%s", maker->request->directory, below[i], maker->version);
                n = path ? directory_find_last_number(path) : -ENOMEM;
                if (n < 0)
                        return error_errnof(maker->error, n, "can't read %s", path ? path : maker->request->directory);
                last = n > last ? n : last;
        }
        assert(maker->language);
        if (last >= NUMBER_MAX)
                return error_setf(maker->error, -EINVAL, "%s/v%s: has no number left; use a later version",
                                  maker->request->directory, maker->version);
        maker->file = path_format("%03d_%s%s", last + 1, maker->request->name, maker->language->extension);
        return maker->file ? 0 : -ENOMEM;
}

static int maker_make_program(struct maker *maker)
{
        const char *directory = maker->request->directory;
        int r;

        assert(maker->language && maker->file);
        if (!maker->language->source)
                r = maker_install(maker, maker->language->template, 0777,
                                  path_format("%s/v%s/%s", directory, maker->version, maker->file));
        else
                r = maker_install(maker, maker->language->template, 0666,
                                  path_format("%s/src/v%s/%s%s", directory, maker->version, maker->file,
                                              maker->language->source));
        if (r < 0)
                return r;
        return str_replace(&maker->result->program, maker->result->files.list[0]);
}

/* The first one in C needs it. */
static int maker_make_makefile(struct maker *maker)
{
        char *path = path_format("%s/Makefile", maker->request->directory);

        if (path && access(path, F_OK) >= 0) {
                free(path);
                return 0;
        }
        return maker_install(maker, "Makefile", 0666, path);
}

static int maker_make_fixture(struct maker *maker, const char *tree, const char *text)
{
        const char *package = maker->package ? maker->package : "PACKAGE";
        char *path = path_format("%s/tests/%s/%s/" CASE_NAME "/%s/etc/%s/config", maker->request->directory,
                                 maker->version, maker->file, tree, package);
        int r = path ? template_write(path, text, 0666, maker->error) : -ENOMEM;

        if (r < 0) {
                free(path);
                return r;
        }
        return maker_note(maker, path);
}

static int maker_make_files(struct maker *maker)
{
        int r;

        r = maker_make_program(maker);
        assert(maker->file);
        if (r >= 0)
                r = maker_install(maker, "manifest.json", 0666,
                                  path_format("%s/v%s/%.*s.json", maker->request->directory, maker->version,
                                              (int)strcspn(maker->file, "."), maker->file));
        if (r >= 0 && maker->language->source)
                r = maker_make_makefile(maker);
        if (r >= 0)
                r = maker_make_fixture(maker, "before", "old_key=value\n");
        if (r >= 0)
                r = maker_make_fixture(maker, "after", "new_key=value\n");
        return r;
}

int new_migration_make(const struct new_migration *request, struct new_migration_result *ret, struct error *error)
{
        _cleanup_(maker_done) struct maker maker = { .request = request, .result = ret, .error = error };
        int r;

        assert(request && request->name && request->directory && request->language);
        assert(ret);

        *ret = (struct new_migration_result){ 0 };
        r = maker_check_name(&maker);
        if (r >= 0)
                r = maker_find_language(&maker);
        if (r >= 0)
                r = maker_find_version(&maker);
        if (r >= 0)
                r = maker_find_number(&maker);
        return r < 0 ? r : maker_make_files(&maker);
}

void new_migration_result_done(struct new_migration_result *result)
{
        assert(result);

        free(result->program);
        strv_done(&result->files);
        *result = (struct new_migration_result){ 0 };
}
