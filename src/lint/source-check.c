/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/source-check.h"

#include "package/context.h"

#include <fnmatch.h>
#include <syslog.h>

/* ---- Fixtures ---- */

static bool linter_has_sources(const struct linter *linter)
{
        return linter->source.path && !linter->source.installed;
}

/* A fixture of an upgrade is tests/CASE/VERSION, and runs all later ones. Returns: 1, 0, or a negative errno with the context's error set. */
static int linter_has_upgrade(const struct linter *linter)
{
        _cleanup_free_ char *pattern = NULL;
        _cleanup_strv_ struct strv found = { 0 };
        int r;

        if (path_join(linter->directory, "tests/[!0-9]*/[0-9]*/", &pattern) < 0)
                return -ENOMEM;
        r = debian_source_glob(pattern, &found, &linter->ctx->error);
        return r < 0 ? r : found.n > 0;
}

int source_check_fixtures(struct linter *linter, const struct catalog *catalog)
{
        int r;

        if (!linter_has_sources(linter))
                return 0;
        r = linter_has_upgrade(linter);
        if (r != 0)
                return r < 0 ? r : 0;
        for (size_t i = 0; r >= 0 && i < catalog->n_migrations; i++) {
                const struct migration *migration = &catalog->migrations[i];
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/tests/%s", linter->directory, migration->id) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (access(path, F_OK) >= 0)
                        continue;
                if (errno != ENOENT && errno != ENOTDIR)
                        r = error_errnof(&linter->ctx->error, -errno, "can't look at %s", path);
                else
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
        _cleanup_strv_ struct strv units = { 0 };
        int r;

        if (!linter_has_sources(linter) || linter->source.addon)
                return 0;
        if (path_join(linter->source.path, "debian/{*.,}{service,socket,timer,path,init}", &pattern) < 0)
                return -ENOMEM;
        r = debian_source_glob(pattern, &units, &linter->ctx->error);
        for (size_t i = 0; r >= 0 && i < units.n; i++) {
                r = unit_is_gated(units.list[i], &linter->ctx->error);
                if (r == 0)
                        linter_tell(
                                linter, LOG_WARNING, path_from_here(units.list[i]),
                                "doesn't wait for the migrations of its data; add dh-sequence-deploy-migrate to Build-Depends in debian/control");
        }
        return r < 0 ? r : 0;
}
