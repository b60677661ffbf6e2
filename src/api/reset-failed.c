/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_reset_failed(). In: the units of ours that systemd shows as failed. The steps: which package is each about, and is anything wrong with
 * that? Out: those about packages that are well haven't failed any more.
 */

#include "basic/unit-name.h"
#include "package/context.h"
#include "package/package.h"
#include "units/unit.h"

#include <stdio.h>

#define UNIT_OF_ALL  "deploy-migrate.service"
#define UNIT_PREFIX  "deploy-migrate@"
#define UNIT_SUFFIX  ".service"
#define UNIT_PATTERN UNIT_PREFIX "*" UNIT_SUFFIX

/* What there is to log was logged by the run. Returns: 1, 0, or a negative errno. */
static int package_is_well(struct dmig *ctx, const char *package)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        dmig_log_fn log_fn = ctx->log_fn;
        int r;

        ctx->log_fn = NULL;
        r = dmig_plan(ctx, package, NULL, NULL, 0, &report);
        ctx->log_fn = log_fn;
        if (r < 0)
                return r;
        return report->result == DMIG_RESULT_NOTHING_TO_DO || report->result == DMIG_RESULT_DOWNGRADE ||
               report->result == DMIG_RESULT_NOT_INSTALLED;
}

static int packages_are_well(struct dmig *ctx)
{
        char **names = NULL;
        int r = dmig_list_packages(ctx, &names);

        r = r < 0 ? r : 1;
        for (char **name = names; r > 0 && *name; name++)
                r = package_is_well(ctx, *name);
        dmig_names_free(names);
        return r;
}

static int unit_is_well(struct dmig *ctx, const char *unit)
{
        _cleanup_free_ char *instance = NULL, *package = NULL;
        int r;

        if (streq(unit, UNIT_OF_ALL))
                return packages_are_well(ctx);
        instance = strndup(unit + strlen(UNIT_PREFIX), strlen(unit) - strlen(UNIT_PREFIX) - strlen(UNIT_SUFFIX));
        r = instance ? unit_name_unescape(instance, &package) : -ENOMEM;
        return r == -EINVAL ? 0 : r < 0 ? r : package_is_well(ctx, package);
}

static int own_units_list_failed(sd_bus *bus, struct strv *ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "ListUnitsByPatterns", NULL, &reply,
                               "asas", 1, "failed", 2, UNIT_OF_ALL, UNIT_PATTERN);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                r = strv_add(ret, line.name);
        return r;
}

int dmig_reset_failed(struct dmig *ctx)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_strv_ struct strv units = { 0 };
        int n = 0, r;

        r = context_begin(ctx, 0, 0);
        if (r < 0 || ctx->root.path[0])
                return r < 0 ? r : 0;
        r = manager_is_there();
        if (r > 0)
                r = manager_open(&bus);
        if (r >= 0 && bus)
                r = own_units_list_failed(bus, &units);
        for (size_t i = 0; r >= 0 && i < units.n; i++) {
                r = unit_is_well(ctx, units.list[i]);
                if (r > 0)
                        unit_reset_failed(bus, units.list[i]);
                n += r > 0;
        }
        return context_end(ctx, r < 0 ? r : n);
}
