/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/former.h"

#include "dpkg/deb-version.h"
#include "dpkg/dpkg-log.h"
#include "history/history.h"

/* Returns: as former_find_version(), like the other functions on one name. */
static int former_look_in_history(struct dmig *ctx, const char *name, char **ret, struct error *error)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        r = history_open(&(struct history_request){ &ctx->root, name, .mode = HISTORY_READ }, &history, error);
        if (r < 0 || !history->state.from)
                return r;
        r = str_replace(ret, history->state.from);
        return r < 0 ? r : 1;
}

static int former_look_in_database(struct dmig *ctx, const char *name, char **ret, struct error *error)
{
        const struct dpkg_package *package = NULL;
        int r;

        r = context_find_package(ctx, name, &package, error);
        if (r == -ENOENT) /* there is no database, and none is needed */
                error_clear(error);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!package || !package->config_version)
                return 0;
        r = str_replace(ret, package->config_version);
        return r < 0 ? r : 1;
}

static int former_look_in_log(struct dmig *ctx, const char *name, char **ret, struct error *error)
{
        return dpkg_log_find_version(&ctx->root, name, ret, error);
}

/* The oldest: the data may be that old. */
static int former_take_lower(char **found, char **version)
{
        if (!*found || deb_text_cmp(*version, *found) < 0) {
                free(*found);
                *found = TAKE_PTR(*version);
        }
        return 1;
}

int former_find_version(struct dmig *ctx, const struct strv *names, char **ret, struct error *error)
{
        int (*const places[])(struct dmig * ctx, const char *name, char **ret,
                              struct error *error) = { former_look_in_history, former_look_in_database,
                                                       former_look_in_log };
        _cleanup_free_ char *found = NULL;

        assert(ctx);
        assert(names);
        assert(ret);

        for (size_t i = 0; i < ELEMENTSOF(places) && !found; i++)
                for (size_t k = 0; k < names->n; k++) {
                        _cleanup_free_ char *version = NULL;
                        int r;

                        r = places[i](ctx, names->list[k], &version, error);
                        if (r > 0)
                                r = former_take_lower(&found, &version);
                        if (r < 0)
                                return r;
                }
        *ret = TAKE_PTR(found);
        return *ret ? 1 : 0;
}
