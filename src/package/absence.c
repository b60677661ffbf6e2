/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/absence.h"

#include "basic/path.h"
#include "catalog/catalog-load.h"

static int absence_find_migrations(const struct upgrade_request *request, bool *ret, struct error *error)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        int r;

        r = catalog_load(&request->ctx->root, request->package, &catalog, error);
        if (r >= 0)
                *ret = catalog->n_migrations > 0;
        return r;
}

/* dpkg removes a purged package from its database, and damage may remove it, too; but then the list of the package's files is still there. */
static int absence_is_of_dpkg(const struct upgrade_request *request, struct error *error)
{
        int r = dpkg_database_has_list(request->ctx->database, request->package, error);

        if (r != -ENOENT)
                return r < 0 ? r : r == 0;
        error_clear(error);
        return 0;
}

static int absence_refuse(const struct upgrade_request *request, bool has_migrations, struct error *error)
{
        const char *root = request->ctx->root.path, *package = request->package;

        return error_setf(
                error, -EUCLEAN,
                "%s/status: has no package %s, though its %s in %s%s/%s; if the file was damaged, restore it from status-old beside it or from /var/backups; if the package %s",
                dpkg_database_directory(request->ctx->database), package,
                has_migrations ? "migrations are" : "history is", root, has_migrations ? VENDOR_DIR : STATE_DIR,
                package,
                has_migrations ? "isn't dpkg's, give its version with --to" : "was purged, remove that directory");
}

int absence_judge(const struct upgrade_request *request, const struct history_state *state,
                  const struct dpkg_package *package, struct error *error)
{
        bool has_history, has_migrations;
        int r;

        assert(request && request->ctx && request->package);
        assert(state);

        /* Software that dpkg doesn't know isn't missing. */
        if (state->from_argument || (package && package->state != DPKG_NOT_INSTALLED))
                return 0;
        r = absence_find_migrations(request, &has_migrations, error);
        if (r < 0)
                return r;

        has_history = state->from || state->n_records > 0;
        if ((package && package->stated) || (!has_history && !has_migrations))
                return has_history && !has_migrations;
        r = has_migrations ? 0 : absence_is_of_dpkg(request, error);
        return r == 0 ? absence_refuse(request, has_migrations, error) : r;
}
