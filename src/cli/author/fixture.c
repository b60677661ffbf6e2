/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/fixture.h"

#include "basic/array.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "deploy-migrate.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

DEFINE_CLEANUP(struct dmig_semver *, dmig_semver_free);
DEFINE_CLEANUP(DIR *, closedir);

struct fixture_search {
        struct fixtures *fixtures;
        struct error *error;
};

static bool name_is_version(const char *name)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;

        return name[0] != 'v' && dmig_semver_parse(name, &version) >= 0;
}

/* ---- Directories ---- */

/* Returns: 1, 0, also if it is gone or hidden, or a negative errno. */
static int fixture_entry_is_directory(DIR *dir, const struct dirent *entry)
{
        struct stat st;

        if (entry->d_name[0] == '.')
                return 0;
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0)
                return errno == ENOENT ? 0 : -errno;
        return S_ISDIR(st.st_mode);
}

/* Appends the names of the directories in @path, sorted. */
static int directory_list(const char *path, struct strv *ret, struct error *error)
{
        _cleanup_(closedirp) DIR *dir = opendir(path);
        const struct dirent *entry;
        int r = 0;

        if (!dir)
                return error_errnof(error, -errno, "can't read %s", path);
        while (r >= 0 && (errno = 0, entry = readdir(dir))) {
                r = fixture_entry_is_directory(dir, entry);
                if (r > 0)
                        r = strv_add(ret, entry->d_name);
        }
        if (r < 0 || errno)
                return error_errnof(error, r < 0 ? r : -errno, "can't read %s", path);
        strv_sort(ret);
        return 0;
}

/* For each directory in @path, whose name is @name; both are taken from the list. */
typedef int (*directory_fn)(struct fixture_search *search, const char *path, const char *name);

static int fixtures_visit(struct fixture_search *search, const char *path, directory_fn fn)
{
        _cleanup_strv_ struct strv names = { 0 };
        int r;

        r = directory_list(path, &names, search->error);
        for (size_t i = 0; r >= 0 && i < names.n; i++) {
                _cleanup_free_ char *below = NULL;

                r = path_join(path, names.list[i], &below);
                if (r >= 0)
                        r = fn(search, below, names.list[i]);
        }
        return r;
}

/* ---- Fixtures ---- */

/* Returns: the last @n names of @path. */
static const char *path_tail(const char *path, unsigned n)
{
        const char *p = path + strlen(path);

        for (; p > path; p--)
                if (p[-1] == '/' && --n == 0)
                        return p;
        return path;
}

static int fixtures_add(struct fixture_search *search, const char *path, struct fixture **ret)
{
        struct fixtures *fixtures = search->fixtures;
        struct fixture *grown = array_grow(fixtures->list, fixtures->n, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        fixtures->list = grown;
        *ret = &grown[fixtures->n++];
        **ret = (struct fixture){ .path = strdup(path) };
        return (*ret)->path ? 0 : -ENOMEM;
}

/* tests/VERSION/FILE/CASE */
static int fixtures_add_case(struct fixture_search *search, const char *path, const char *name)
{
        const char *id = path_tail(path, 3);
        struct fixture *fixture;

        if (fixtures_add(search, path, &fixture) < 0)
                return -ENOMEM;
        fixture->name = strdup(name);
        fixture->id = strndup(id, strlen(id) - strlen(name) - 1);
        return fixture->name && fixture->id ? 0 : -ENOMEM;
}

static int fixtures_visit_migration(struct fixture_search *search, const char *path, const char *name)
{
        (void)name;
        return fixtures_visit(search, path, fixtures_add_case);
}

/* tests/CASE/VERSION */
static int fixtures_add_upgrade(struct fixture_search *search, const char *path, const char *name)
{
        struct fixture *fixture;

        if (!name_is_version(name))
                return error_setf(
                        search->error, -EINVAL,
                        "%s: a directory of fixtures is tests/VERSION/FILE/CASE, as in tests/1.1.0/001_rename.sh/plain, or for an upgrade tests/CASE/VERSION",
                        path);
        if (fixtures_add(search, path, &fixture) < 0)
                return -ENOMEM;
        fixture->name = strdup(path_tail(path, 2));
        fixture->from = strdup(name);
        return fixture->name && fixture->from ? 0 : -ENOMEM;
}

static int fixtures_visit_top(struct fixture_search *search, const char *path, const char *name)
{
        return fixtures_visit(search, path, name_is_version(name) ? fixtures_visit_migration : fixtures_add_upgrade);
}

int fixtures_find(const char *directory, struct fixtures *ret, struct error *error)
{
        _cleanup_(fixtures_done) struct fixtures fixtures = { 0 };
        struct fixture_search search = { &fixtures, error };
        _cleanup_free_ char *path = NULL;
        int r;

        assert(directory);
        assert(ret);

        r = path_join(directory, "tests", &path);
        if (r < 0)
                return r;
        if (access(path, F_OK) >= 0 || errno != ENOENT)
                r = fixtures_visit(&search, path, fixtures_visit_top);
        if (r < 0)
                return r;
        *ret = fixtures;
        fixtures = (struct fixtures){ 0 };
        return 0;
}

void fixtures_done(struct fixtures *fixtures)
{
        assert(fixtures);

        for (size_t i = 0; i < fixtures->n; i++) {
                free(fixtures->list[i].path);
                free(fixtures->list[i].id);
                free(fixtures->list[i].name);
                free(fixtures->list[i].from);
        }
        free(fixtures->list);
        *fixtures = (struct fixtures){ 0 };
}
