/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/upgrade.h"

#include "catalog/version-range.h"
#include "dpkg/dpkg-log.h"

#include <syslog.h>

/* Returns: 0 with NULL in @ret where the database is missing and isn't needed. */
static int find_package(struct dmig *ctx, const struct upgrade_request *request, const struct dpkg_package **ret,
                        struct error *error)
{
        int r;

        r = context_find_package(ctx, request->package, ret, error);
        if (r == -ENOENT && request->to) {
                error_clear(error);
                *ret = NULL;
                return 0;
        }
        return r;
}

/* Returns: 1 when its files are those of one version, 0 when it has none, or -EUCLEAN. */
static int is_installed(const struct dpkg_package *package, struct error *error)
{
        if (!package || package->state == DPKG_NOT_INSTALLED || package->state == DPKG_CONFIG_FILES)
                return 0;
        if (package->state == DPKG_HALF_INSTALLED || package->reinstreq)
                return error_setf(
                        error, -EUCLEAN,
                        "%s is %s%s: its files may be a mix of two versions; repair it with apt install --reinstall %s",
                        package->name, package->reinstreq ? "reinst-required " : "",
                        dpkg_state_to_string(package->state), package->name);
        return 1;
}

static int resolve_to(const struct upgrade_request *request, const struct dpkg_package *package, char **ret,
                      struct error *error)
{
        int r;

        if (request->to) {
                r = version_from_argument(request->to, ret, error);
                return r < 0 ? r : 1;
        }
        r = is_installed(package, error);
        if (r <= 0)
                return r;
        *ret = strdup(package->version);
        return *ret ? 1 : -ENOMEM;
}

int upgrade_resolve_to(struct dmig *ctx, const struct upgrade_request *request, char **ret, struct error *error)
{
        const struct dpkg_package *package = NULL;
        int r;

        r = request->to ? 0 : context_find_package(ctx, request->package, &package, error);
        return r < 0 ? r : resolve_to(request, package, ret, error);
}

static int take(struct upgrade *upgrade, const char *source, const char *version)
{
        upgrade->from = strdup(version);
        upgrade->from_source = source;
        return upgrade->from ? 0 : -ENOMEM;
}

static int resolve_from_log(struct dmig *ctx, const struct upgrade_request *request, struct upgrade *upgrade)
{
        _cleanup_error_ struct error error = { 0 };
        int r;

        r = dpkg_log_find_version(&ctx->root, request->package, &upgrade->from, &error);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                context_log(ctx, LOG_WARNING, request->package, "%s; the log can't tell what was installed before",
                            error_text(&error));
        if (r > 0) {
                upgrade->from_source = "dpkg-log";
                return 0;
        }
        return take(upgrade, "installed", upgrade->to);
}

static int resolve_from(struct dmig *ctx, const struct upgrade_request *request, const struct history_state *state,
                        const struct dpkg_package *package, struct upgrade *upgrade, struct error *error)
{
        if (request->from) {
                upgrade->from_source = "argument";
                return version_from_argument(request->from, &upgrade->from, error);
        }
        if (state->from)
                return take(upgrade, "history", state->from);
        if (package && package->config_version)
                return take(upgrade, "config-version", package->config_version);
        return resolve_from_log(ctx, request, upgrade);
}

int upgrade_resolve(struct dmig *ctx, const struct upgrade_request *request, const struct history_state *state,
                    struct upgrade *ret, struct error *error)
{
        _cleanup_(upgrade_done) struct upgrade upgrade = { .result = DMIG_RESULT_PENDING };
        const struct dpkg_package *package;
        int r;

        r = find_package(ctx, request, &package, error);
        if (r >= 0)
                r = resolve_to(request, package, &upgrade.to, error);
        if (r < 0)
                return r;
        if (r == 0) {
                upgrade.result = DMIG_RESULT_NOT_INSTALLED;
                upgrade.purged =
                        state->from && !state->from_argument && (!package || package->state == DPKG_NOT_INSTALLED);
        } else {
                r = resolve_from(ctx, request, state, package, &upgrade, error);
                if (r < 0)
                        return r;
                if (deb_text_cmp(upgrade.to, upgrade.from) < 0)
                        upgrade.result = DMIG_RESULT_DOWNGRADE;
        }

        *ret = upgrade;
        upgrade = (struct upgrade){ 0 };
        return 0;
}

void upgrade_done(struct upgrade *upgrade)
{
        free(upgrade->from);
        free(upgrade->to);
}
