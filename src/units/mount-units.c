/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/mount-units.h"

#include "units/job-order.h"
#include "units/unit.h"

void mount_units_done(struct mount_units *units)
{
        strv_done(&units->points);
        strv_done(&units->awaited);
}

/* Units without a file were made from the mount table, or are only mentioned by others. Returns: whether it has one, or a negative errno. */
static int unit_line_has_file(sd_bus *bus, const struct unit_line *line)
{
        _cleanup_free_ char *file = NULL;
        int r;

        if (!streq(line->load, "loaded"))
                return 0;
        r = sd_bus_get_property_string(bus, MANAGER, line->path, MANAGER ".Unit", "FragmentPath", NULL, &file);
        return r < 0 ? r : file[0] != '\0';
}

static int unit_line_get_mount_point(sd_bus *bus, const struct unit_line *line, char **ret)
{
        const char *interface = streq(strrchr(line->name, '.'), ".mount") ? MANAGER ".Mount" : MANAGER ".Automount";

        return sd_bus_get_property_string(bus, MANAGER, line->path, interface, "Where", NULL, ret);
}

/* Returns: whether it is about to be started, without waiting for us, or a negative errno. */
static int unit_line_is_due(sd_bus *bus, const struct unit_line *line, const char *package)
{
        int r;

        if (line->job_id == 0 || streq(line->job, "stop"))
                return 0;
        r = job_awaits_migrations(bus, line->job_id, package);
        return r < 0 ? r : r == 0;
}

/* What one look adds to. */
struct mount_units_query {
        sd_bus *bus;
        const char *package;
        struct mount_units *units;
};

static int mount_units_add(const struct mount_units_query *query, const struct unit_line *line)
{
        _cleanup_free_ char *point = NULL;
        int r;

        r = unit_line_has_file(query->bus, line);
        if (r > 0)
                r = unit_line_get_mount_point(query->bus, line, &point);
        if (r < 0 || !point)
                return r;
        r = strv_add(&query->units->points, point);
        if (r >= 0)
                r = unit_line_is_due(query->bus, line, query->package);
        return r > 0 ? strv_add(&query->units->awaited, point) : r;
}

static int mount_units_ask(const struct mount_units_query *query)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        r = sd_bus_call_method(query->bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "ListUnitsByPatterns", NULL,
                               &reply, "asas", 4, "inactive", "failed", "activating", "deactivating", 2, "*.mount",
                               "*.automount");
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                r = mount_units_add(query, &line);
        return r;
}

int mount_units_look(const char *package, struct mount_units *ret, struct error *error)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(mount_units_done) struct mount_units units = { 0 };
        int r;

        assert(package);
        assert(ret);

        r = manager_is_there();
        if (r > 0) {
                r = manager_open(&bus);
                if (r >= 0)
                        r = mount_units_ask(&(const struct mount_units_query){ bus, package, &units });
        }
        if (r < 0)
                return error_errnof(error, r, "can't ask systemd what is to be mounted");
        strv_sort(&units.awaited);
        *ret = units;
        units = (struct mount_units){ 0 };
        return 0;
}
