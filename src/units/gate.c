/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/gate.h"

#include "units/unit.h"

/* ---- Unit files ---- */

/* systemd looks for new drop-ins where it knows of directories, and learns of new ones when it loads a unit. This one doesn't exist. */
#define UNKNOWN_UNIT "deploy-migrate-unknown.service"

/* Returns: whether systemd has something else loaded than what is on the disk, or a negative errno. */
static int units_are_stale(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int stale = 0, r;

        r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "LoadUnit", NULL, NULL, "s",
                               UNKNOWN_UNIT);
        if (r >= 0)
                r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "ListUnitsByPatterns", NULL,
                                       &reply, "asas", 0, 4, "*.service", "*.socket", "*.path", "*.timer");
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && !stale && (r = unit_line_read(reply, &line)) > 0)
                if (streq(line.load, "loaded"))
                        r = sd_bus_get_property_trivial(bus, MANAGER, line.path, MANAGER ".Unit", "NeedDaemonReload",
                                                        NULL, 'b', &stale);
        return r < 0 ? r : stale;
}

int gate_refresh(struct error *error)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = manager_is_there();
        if (r <= 0)
                return r < 0 ? error_errnof(error, r, "can't tell whether systemd runs") : 0;
        r = manager_open(&bus);
        if (r >= 0)
                r = units_are_stale(bus);
        if (r > 0)
                r = manager_reload(bus);
        return r < 0 ? error_errnof(error, r, "can't make systemd read changed units") : 0;
}

/* ---- Which units ---- */

static bool gate_has(const struct gate *gate, const char *unit)
{
        for (size_t i = 0; i < gate->n_units; i++)
                if (streq(gate->units[i], unit))
                        return true;
        return false;
}

/* Adds what @trigger starts, unless it is gated itself. */
static int gate_add_triggered(const struct gate *gate, sd_bus *bus, const char *trigger, struct strv *ret)
{
        _cleanup_strv_ struct strv triggered = { 0 };
        int r;

        r = unit_get_related(bus, trigger, "Triggers", &triggered);
        for (size_t i = 0; r >= 0 && i < triggered.n; i++)
                if (!gate_has(gate, triggered.list[i]))
                        r = strv_add(ret, triggered.list[i]);
        return r;
}

static int gate_list(struct gate *gate, sd_bus *bus, const char *package, struct strv *ret)
{
        _cleanup_strv_ struct strv units = { 0 };
        _cleanup_free_ char *own = NULL;
        int r;

        r = unit_format_own(package, "service", &own);
        if (r >= 0)
                r = unit_get_related(bus, own, "RequiredBy", &units);
        if (r < 0)
                return r;
        strv_sort(&units);
        gate->n_units = units.n;
        gate->units = strv_move(&units).list;

        r = strv_add_all(ret, gate->units);
        for (size_t i = 0; r >= 0 && i < gate->n_units; i++)
                if (unit_is_trigger(gate->units[i]))
                        r = gate_add_triggered(gate, bus, gate->units[i], ret);
        return r;
}

/* ---- What they do ---- */

static int gate_add_line(struct gate *gate, sd_bus *bus, const struct unit_line *line)
{
        bool running = unit_line_is_running(line);
        int connection = 0, r;

        if (running || unit_line_is_awaited(line))
                connection = unit_is_connection(bus, line->name);
        if (connection < 0)
                return connection;
        /* Clients come as they like: for one of them nobody else has to stop. */
        gate->awaited = gate->awaited || (unit_line_is_awaited(line) && !connection);
        if (!running)
                return 0;
        r = strv_add(connection ? &gate->connections : &gate->running, line->name);
        return r < 0 || unit_line_is_stopping(line) ? r : strv_add(&gate->staying, line->name);
}

static int gate_ask_systemd(struct gate *gate, sd_bus *bus, const char *package)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_strv_ struct strv names = { 0 };
        struct unit_line line;
        int r;

        r = gate_list(gate, bus, package, &names);
        if (r < 0 || names.n == 0)
                return r;
        r = units_ask(bus, names.list, &reply);
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                r = gate_add_line(gate, bus, &line);
        return r;
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

int gate_restart_staying(const struct gate *gate)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        assert(gate);

        r = manager_open(&bus);
        for (size_t i = 0; r >= 0 && i < gate->staying.n; i++) {
                const char *unit = gate->staying.list[i];
                bool restarts = false;

                for (size_t k = 0; k < gate->running.n && !restarts; k++)
                        restarts = streq(gate->running.list[k], unit);
                r = unit_order(bus, restarts ? "RestartUnit" : "StopUnit", unit);
        }
        return r < 0 ? r : 0;
}

bool gate_is_running(const struct gate *gate)
{
        return gate->running.n > 0 || gate->connections.n > 0;
}

void gate_done(struct gate *gate)
{
        strv_free(gate->units);
        strv_done(&gate->running);
        strv_done(&gate->connections);
        strv_done(&gate->staying);
}
