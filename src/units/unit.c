/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/unit.h"

#include "basic/unit-name.h"

#include <stdio.h>

int units_ask(sd_bus *bus, char **names, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        int r;

        assert(bus && names && ret);

        r = sd_bus_message_new_method_call(bus, &call, MANAGER, MANAGER_PATH, MANAGER ".Manager", "ListUnitsByNames");
        if (r >= 0)
                r = sd_bus_message_append_strv(call, names);
        if (r >= 0)
                r = sd_bus_call(bus, call, 0, NULL, &reply);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        if (r < 0)
                return r;
        *ret = TAKE_PTR(reply);
        return 0;
}

int unit_line_read(sd_bus_message *reply, struct unit_line *ret)
{
        const char *description, *following, *job_path;

        assert(reply && ret);

        return sd_bus_message_read(reply, "(ssssssouso)", &ret->name, &description, &ret->load, &ret->active, &ret->sub,
                                   &following, &ret->path, &ret->job_id, &ret->job, &job_path);
}

static bool unit_line_is_up(const struct unit_line *line)
{
        return !streq(line->active, "inactive") && !streq(line->active, "failed") && !streq(line->sub, "auto-restart");
}

static bool unit_line_has_job(const struct unit_line *line, const char *job)
{
        return line->job_id != 0 && streq(line->job, job);
}

bool unit_line_is_running(const struct unit_line *line)
{
        return unit_line_is_up(line) && !unit_is_trigger(line->name);
}

bool unit_line_is_stopping(const struct unit_line *line)
{
        return streq(line->active, "deactivating") || unit_line_has_job(line, "stop") ||
               unit_line_has_job(line, "restart") || unit_line_has_job(line, "try-restart");
}

bool unit_line_is_awaited(const struct unit_line *line)
{
        return line->job_id != 0 && !unit_line_has_job(line, "stop") && !unit_line_is_up(line);
}

bool unit_is_trigger(const char *name)
{
        const char *type = strrchr(name, '.');

        return type && (streq(type, ".socket") || streq(type, ".path") || streq(type, ".timer"));
}

static int unit_load(sd_bus *bus, const char *name, char **ret_path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;
        int r;

        r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "LoadUnit", NULL, &reply, "s", name);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        *ret_path = strdup(path);
        return *ret_path ? 0 : -ENOMEM;
}

/* Returns: 1, 0, or a negative errno. */
static int socket_accepts(sd_bus *bus, const char *name)
{
        _cleanup_free_ char *path = NULL;
        int accepts = 0, r;

        r = unit_load(bus, name, &path);
        if (r >= 0)
                r = sd_bus_get_property_trivial(bus, MANAGER, path, MANAGER ".Socket", "Accept", NULL, 'b', &accepts);
        return r < 0 ? r : accepts;
}

/* foo.socket, with Accept=, makes foo@NUMBER-ADDRESSES.service. systemd itself forgets that the one comes from the other when it reloads. */
int unit_format_socket(const char *name, char **ret)
{
        const char *at;

        assert(name && ret);

        at = strchr(name, '@');
        if (!at || at[1] < '0' || at[1] > '9')
                return 0;
        if (asprintf(ret, "%.*s.socket", (int)(at - name), name) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 1;
}

int unit_is_connection(sd_bus *bus, const char *name)
{
        _cleanup_free_ char *socket = NULL;
        int r;

        assert(bus && name);

        r = unit_format_socket(name, &socket);
        return r <= 0 ? r : socket_accepts(bus, socket);
}

int unit_format_own(const char *package, const char *type, char **ret)
{
        _cleanup_free_ char *instance = NULL;
        int r = unit_name_escape(package, &instance);

        if (r < 0)
                return r;
        if (asprintf(ret, "deploy-migrate@%s.%s", instance, type) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

int unit_get_related(sd_bus *bus, const char *name, const char *property, struct strv *ret)
{
        _cleanup_free_ char *path = NULL;
        char **names = NULL;
        int r;

        assert(ret);

        r = unit_load(bus, name, &path);
        if (r >= 0)
                r = sd_bus_get_property_strv(bus, MANAGER, path, MANAGER ".Unit", property, NULL, &names);
        if (r >= 0)
                r = strv_add_all(ret, names);
        strv_free(names);
        return r < 0 ? r : 0;
}

int unit_order(sd_bus *bus, const char *method, const char *name)
{
        return sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", method, NULL, NULL, "ss", name,
                                  "replace");
}

void unit_reset_failed(sd_bus *bus, const char *name)
{
        (void)sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "ResetFailedUnit", NULL, NULL, "s",
                                 name);
}
