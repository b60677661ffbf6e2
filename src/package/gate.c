/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/gate.h"

#include "basic/strv.h"
#include "basic/unit-name.h"
#include "package/manager.h"

#include <stdio.h>

static int gate_make_unit_name(const char *package, char **ret)
{
        _cleanup_free_ char *instance = NULL;
        int r = unit_name_escape(package, &instance);

        if (r < 0)
                return r;
        if (asprintf(ret, "deploy-migrate@%s.service", instance) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int manager_load_unit(sd_bus *bus, const char *unit, char **ret_path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;
        int r;

        r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "LoadUnit", NULL, &reply, "s", unit);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        *ret_path = strdup(path);
        return *ret_path ? 0 : -ENOMEM;
}

static int unit_get_string(sd_bus *bus, const char *path, const char *property, char **ret)
{
        return sd_bus_get_property_string(bus, MANAGER, path, MANAGER ".Unit", property, NULL, ret);
}

/* A unit that waits for its restart has no processes. */
static int unit_is_running(sd_bus *bus, const char *unit, bool *ret)
{
        _cleanup_free_ char *path = NULL, *active = NULL, *sub = NULL;
        int r;

        r = manager_load_unit(bus, unit, &path);
        if (r >= 0)
                r = unit_get_string(bus, path, "ActiveState", &active);
        if (r >= 0)
                r = unit_get_string(bus, path, "SubState", &sub);
        if (r < 0)
                return r;
        *ret = !streq(active, "inactive") && !streq(active, "failed") && !streq(sub, "auto-restart");
        return 0;
}

static int gate_ask_systemd(struct gate *gate, sd_bus *bus, const char *package)
{
        _cleanup_free_ char *unit = NULL, *path = NULL;
        int r;

        r = gate_make_unit_name(package, &unit);
        if (r >= 0)
                r = manager_load_unit(bus, unit, &path);
        if (r >= 0)
                r = sd_bus_get_property_strv(bus, MANAGER, path, MANAGER ".Unit", "RequiredBy", NULL, &gate->units);
        if (r < 0)
                return r;

        for (; gate->units && gate->units[gate->n_units]; gate->n_units++) {
                bool running;

                r = unit_is_running(bus, gate->units[gate->n_units], &running);
                if (r < 0)
                        return r;
                if (running && !gate->running) {
                        gate->running = strdup(gate->units[gate->n_units]);
                        if (!gate->running)
                                return -ENOMEM;
                }
        }
        return 0;
}

int gate_look(const char *package, struct gate *ret, struct error *error)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(gate_done) struct gate gate = { 0 };
        int r;

        assert(package);

        r = manager_is_there();
        if (r == 0) {
                *ret = gate;
                return 0;
        }
        if (r > 0)
                r = manager_open(&bus);
        if (r >= 0)
                r = gate_ask_systemd(&gate, bus, package);
        if (r < 0)
                return error_errnof(error, r, "can't ask systemd which services need the migrations of %s", package);

        *ret = gate;
        gate = (struct gate){ 0 };
        return 0;
}

void gate_done(struct gate *gate)
{
        strv_free(gate->units);
        free(gate->running);
}
