/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/unversioned.h"

#include "catalog/catalog-load.h"
#include "catalog/lasting-data.h"
#include "catalog/version-range.h"
#include "dpkg/dpkg-admindir.h"
#include <stdio.h>

int unversioned_is_machine(const struct dmig *ctx)
{
        _cleanup_(dpkg_admindir_done) struct dpkg_admindir admindir = { 0 };
        int r;

        assert(ctx);

        if (ctx->root.path[0] || ctx->admindir)
                return 0;
        r = dpkg_admindir_init(&admindir, &ctx->root, NULL);
        return r < 0 ? r : dpkg_admindir_is_empty(&admindir);
}

/* The lowest package version that has what is in a directory: 2 has v2.0.0, and is less than 2.0. */
static void version_trim(char *version)
{
        for (size_t n = strlen(version); n > 2 && streq(version + n - 2, ".0"); n -= 2)
                version[n - 2] = '\0';
}

/* The lowest package version that a migration belongs to. Returns: 0 or a negative errno with @error set. */
static int migration_get_version(const struct migration *migration, char **ret, struct error *error)
{
        _cleanup_free_ char *version = NULL;
        int r;

        if (migration->manifest->since)
                return str_replace(ret, migration->manifest->since);
        if (asprintf(&version, "v%.*s", (int)strcspn(migration->id, "/"), migration->id) < 0) {
                version = NULL;
                return -ENOMEM;
        }
        r = version_from_argument(version, ret, error);
        if (r >= 0)
                version_trim(*ret);
        return r;
}

static int catalog_find_newest(const struct catalog *catalog, char **ret, struct error *error)
{
        _cleanup_free_ char *newest = NULL;

        for (size_t i = 0; i < catalog->n_migrations; i++) {
                _cleanup_free_ char *version = NULL;
                int r;

                r = migration_get_version(&catalog->migrations[i], &version, error);
                if (r < 0)
                        return r;
                if (!newest || deb_text_cmp(newest, version) < 0) {
                        free(newest);
                        newest = TAKE_PTR(version);
                }
        }
        *ret = TAKE_PTR(newest);
        return *ret != NULL;
}

int unversioned_find_version(const struct upgrade_request *request, char **ret, struct error *error)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        int r;

        assert(request && request->ctx && request->package);
        assert(ret);

        r = catalog_load(&request->ctx->root, request->package, &catalog, error);
        return r < 0 ? r : catalog_find_newest(catalog, ret, error);
}

int unversioned_check_data(const struct upgrade_request *request, struct error *error)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        const struct root *root = &request->ctx->root;
        _cleanup_free_ char *path = NULL;
        int r;

        r = lasting_state_is_there(root);
        if (r < 0)
                return error_errnof(error, r, "can't look at %s" STATE_DIR, root->path);
        if (r > 0)
                return 0;
        r = catalog_load(root, request->package, &catalog, error);
        if (r >= 0)
                r = lasting_data_find(root, catalog, &path, error);
        if (r <= 0)
                return r;
        return error_setf(
                error, -ENODATA,
                "%s%s: nothing tells which version of %s this is of, since %s" STATE_DIR
                " is read-only or lost at each boot; move that to the disk of the data and leave a link to it, then set the version with 'deploy-migrate baseline %s VERSION'",
                root->path, path, request->package, root->path, request->package);
}
