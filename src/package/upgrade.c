/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/upgrade.h"

#include "catalog/package-facts.h"
#include "catalog/version-range.h"
#include "dpkg/dpkg-log.h"
#include "package/absence.h"
#include "package/former.h"
#include "package/unversioned.h"

#include <syslog.h>

/* What the versions are found in, in the order of trust. */
struct sources {
        const struct upgrade_request *request;
        const struct history_state *state;
        struct package_facts facts;
        const struct dpkg_package *package; /* NULL if the database doesn't know it */
        bool unversioned;                   /* nothing on this machine has versions */
};

static void sources_done(struct sources *sources)
{
        package_facts_done(&sources->facts);
}

static int sources_read_facts(struct sources *sources, struct error *error)
{
        const struct upgrade_request *request = sources->request;

        return package_facts_read(&request->ctx->root, request->package, &sources->facts, error);
}

/* Returns: 0, also if there is no package database and none is needed, or none is on a machine of this kind; or a negative errno. */
static int sources_find_package(struct sources *sources, struct error *error)
{
        const struct upgrade_request *request = sources->request;
        int r;

        if (request->to && (request->from || sources->state->from))
                return 0;
        r = context_find_package(request->ctx, request->package, &sources->package, error);
        if (r != -ENOENT)
                return r;
        sources->package = NULL;
        if (!request->to && !sources->facts.version) {
                sources->unversioned = unversioned_is_machine(request->ctx) > 0;
                if (!sources->unversioned)
                        return r;
        }
        error_clear(error);
        return 0;
}

/* Returns: 1 if all its files are those of one version, 0 if it has none, or -EUCLEAN. */
static int package_is_installed(const struct dpkg_package *package, struct error *error)
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

static int sources_resolve_to(const struct sources *sources, char **ret, struct error *error)
{
        int r;

        if (sources->request->to) {
                r = version_from_argument(sources->request->to, ret, error);
                return r < 0 ? r : 1;
        }
        if (sources->facts.version) {
                r = str_replace(ret, sources->facts.version);
                return r < 0 ? r : 1;
        }
        if (sources->unversioned)
                return unversioned_find_version(sources->request, ret, error);
        r = package_is_installed(sources->package, error);
        if (r <= 0)
                return r;
        *ret = strdup(sources->package->version);
        return *ret ? 1 : -ENOMEM;
}

int upgrade_resolve_to(const struct upgrade_request *request, char **ret, struct error *error)
{
        _cleanup_(sources_done) struct sources sources = { .request = request };
        int r;

        assert(request->ctx);
        assert(request->package);

        r = sources_read_facts(&sources, error);
        if (r < 0)
                return r;
        if (!request->to && !sources.facts.version)
                r = sources_find_package(&sources, error);
        return r < 0 ? r : sources_resolve_to(&sources, ret, error);
}

static int upgrade_set_from(struct upgrade *upgrade, const char *source, const char *version)
{
        upgrade->from_source = source;
        return str_replace(&upgrade->from, version);
}

/* A log that can't be read may be the one that has the version: nothing else decides then. */
static int upgrade_find_in_log(struct upgrade *upgrade, const struct upgrade_request *request, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r;

        r = dpkg_log_find_version(&request->ctx->root, request->package, &upgrade->from, &reason);
        if (r < 0) {
                error_complete(&reason, r);
                return error_setf(
                        error, r,
                        "%s; nothing runs for %s until it can be read or is moved away, or the version of the data is given with --from or 'deploy-migrate baseline %s VERSION'",
                        error_text(&reason), request->package, request->package);
        }
        if (r == 0)
                return upgrade_set_from(upgrade, "installed", upgrade->to);
        upgrade->from_source = "dpkg-log";
        return 0;
}

/* Below every version, for data whose version can't be compared with ours. */
#define LOWEST "0~"

/*
 * What a package took over when it was renamed may be older than anything that is known of the new name. Replaces "from" unless something has to be
 * done anyway. Returns: 0 or a negative errno.
 */
static int upgrade_find_formerly(struct upgrade *upgrade, const struct sources *sources, struct error *error)
{
        const struct upgrade_request *request = sources->request;
        _cleanup_free_ char *version = NULL;
        int r;

        if (deb_text_cmp(upgrade->from, upgrade->to) != 0)
                return 0;
        r = former_find_version(request->ctx, &sources->facts.keys.formerly, &version, error);
        if (r <= 0)
                return r;
        if (deb_text_cmp(upgrade->to, version) >= 0)
                return upgrade_set_from(upgrade, "formerly", version);
        context_log(
                request->ctx, LOG_NOTICE, request->package,
                "%s had another name before, with version %s, which is higher than %s: they can't be compared, so that all migrations up to %s are due",
                request->package, version, upgrade->to, upgrade->to);
        return upgrade_set_from(upgrade, "formerly", LOWEST);
}

static int upgrade_find_from(struct upgrade *upgrade, const struct sources *sources, struct error *error)
{
        int r;

        if (sources->request->from) {
                upgrade->from_source = "argument";
                return version_from_argument(sources->request->from, &upgrade->from, error);
        }
        if (sources->state->from)
                return upgrade_set_from(upgrade, "history", sources->state->from);
        if (sources->package && sources->package->config_version)
                return upgrade_set_from(upgrade, "config-version", sources->package->config_version);
        r = upgrade_find_in_log(upgrade, sources->request, error);
        if (r >= 0)
                r = upgrade_find_formerly(upgrade, sources, error);
        return r >= 0 && streq(upgrade->from_source, "installed") ? unversioned_check_data(sources->request, error) : r;
}

/* The software is at least of the version that is in "to", and not older than its data as far as anything tells. */
static int upgrade_raise_to(struct upgrade *upgrade)
{
        return deb_text_cmp(upgrade->to, upgrade->from) < 0 ? str_replace(&upgrade->to, upgrade->from) : 0;
}

int upgrade_resolve(const struct upgrade_request *request, const struct history_state *state, struct upgrade *ret,
                    struct error *error)
{
        _cleanup_(upgrade_done) struct upgrade upgrade = { .result = DMIG_RESULT_PENDING };
        _cleanup_(sources_done) struct sources sources = { .request = request, .state = state };
        int r;

        assert(request->ctx);
        assert(request->package);
        assert(state);

        r = sources_read_facts(&sources, error);
        if (r >= 0)
                r = sources_find_package(&sources, error);
        if (r >= 0)
                r = sources_resolve_to(&sources, &upgrade.to, error);
        if (r < 0)
                return r;
        upgrade.unversioned = sources.unversioned;
        if (r == 0) {
                upgrade.result = DMIG_RESULT_NOT_INSTALLED;
                r = sources.unversioned ? 0 : absence_judge(request, state, sources.package, error);
                if (r < 0)
                        return r;
                upgrade.purged = r > 0;
        } else {
                upgrade.foreign = request->to || sources.facts.version;
                r = upgrade_find_from(&upgrade, &sources, error);
                if (r >= 0 && upgrade.unversioned)
                        r = upgrade_raise_to(&upgrade);
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
