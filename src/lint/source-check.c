/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/source-check.h"

#include "package/context.h"

#include <fnmatch.h>
#include <glob.h>
#include <syslog.h>

/* ---- Fixtures ---- */

static bool linter_has_sources(const struct linter *linter)
{
        return linter->source.path && !linter->source.installed;
}

/* A fixture of an upgrade is tests/CASE/VERSION, and runs all later ones. */
static bool directory_has_upgrade(const char *directory)
{
        _cleanup_free_ char *pattern = NULL;
        bool found = false;
        glob_t paths;

        if (path_join(directory, "tests/[!0-9]*/[0-9]*/", &pattern) < 0)
                return true;
        if (glob(pattern, 0, NULL, &paths) == 0) {
                found = true;
                globfree(&paths);
        }
        return found;
}

int source_check_fixtures(struct linter *linter, const struct catalog *catalog)
{
        int r = 0;

        if (!linter_has_sources(linter) || directory_has_upgrade(linter->directory))
                return 0;
        for (size_t i = 0; r >= 0 && i < catalog->n_migrations; i++) {
                const struct migration *migration = &catalog->migrations[i];
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/tests/%s", linter->directory, migration->id) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (access(path, F_OK) < 0)
                        r = linter_tellf(
                                linter, LOG_WARNING, migration->path,
                                "has no fixture, so 'deploy-migrate test' can't try it; make %s/CASE/before and after",
                                path);
        }
        return r;
}

/* ---- Units ---- */

/* Units of users have no data of the system. Returns: 1 or 0, or a negative errno with @error set. */
static int unit_is_gated(const char *path, struct error *error)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (fnmatch("*.user.*", path_name(path), 0) == 0)
                return 1;
        r = debian_source_read_file("", path, &text, error);
        return r < 0 ? r : !text || strstr(text, "deploy-migrate@");
}

/* Returns: @path as it is seen from here, like the directory that was given. */
static const char *path_from_here(const char *path)
{
        _cleanup_free_ char *here = get_current_dir_name();
        const char *below = here ? path_startswith(path, here) : NULL;

        return below ? below : path;
}

int source_check_units(struct linter *linter)
{
        _cleanup_free_ char *pattern = NULL;
        glob_t paths;
        int r = 0;

        if (!linter_has_sources(linter) || linter->source.addon)
                return 0;
        if (path_join(linter->source.path, "debian/{*.,}{service,socket,timer,path,init}", &pattern) < 0)
                return -ENOMEM;
        if (glob(pattern, GLOB_BRACE, NULL, &paths) != 0)
                return 0;
        for (size_t i = 0; r >= 0 && i < paths.gl_pathc; i++) {
                r = unit_is_gated(paths.gl_pathv[i], &linter->ctx->error);
                if (r == 0)
                        linter_tell(
                                linter, LOG_WARNING, path_from_here(paths.gl_pathv[i]),
                                "doesn't wait for the migrations of its data; add dh-sequence-deploy-migrate to Build-Depends in debian/control");
        }
        globfree(&paths);
        return r < 0 ? r : 0;
}
