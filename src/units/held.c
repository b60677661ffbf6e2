/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/held.h"

#include "basic/clock.h"
#include "units/unit.h"

#include <poll.h>

#define START_POLL_MSEC 100

static bool units_have(const struct strv *units, const char *name)
{
        for (size_t i = 0; i < units->n; i++)
                if (streq(units->list[i], name))
                        return true;
        return false;
}

static int unit_get_dependents(sd_bus *bus, const char *package, struct strv *ret)
{
        _cleanup_free_ char *own = NULL;
        int r = unit_format_own(package, "service", &own);

        return r < 0 ? r : unit_get_related(bus, own, "RequiredBy", ret);
}

/* ---- Finding them ---- */

struct held_search {
        sd_bus *bus;
        struct strv *waiting; /* the caller's */
        struct strv triggers; /* what starts them */
        struct strv next;     /* what requires them */
};

static void held_search_done(struct held_search *search)
{
        strv_done(&search->triggers);
        strv_done(&search->next);
}

/* A client that was there comes again, if it likes. */
static int held_add_socket(struct held_search *search, const char *connection)
{
        _cleanup_free_ char *socket = NULL;
        int r = unit_format_socket(connection, &socket);

        return r <= 0 ? r : strv_add(&search->triggers, socket);
}

static int held_add_unit(struct held_search *search, const char *name)
{
        int r = unit_is_connection(search->bus, name);

        if (r != 0)
                return r < 0 ? r : held_add_socket(search, name);
        r = strv_add(search->waiting, name);
        if (r >= 0)
                r = unit_get_related(search->bus, name, "TriggeredBy", &search->triggers);
        return r < 0 ? r : unit_get_related(search->bus, name, "RequiredBy", &search->next);
}

static int held_add_waiting(struct held_search *search, const struct strv *names)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        r = units_ask(search->bus, names->list, &reply);
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                if (unit_line_is_awaited(&line) && !units_have(search->waiting, line.name))
                        r = held_add_unit(search, line.name);
        return r;
}

static int held_find_waiting(struct held_search *search, const char *package)
{
        _cleanup_strv_ struct strv names = { 0 };
        int r;

        r = unit_get_dependents(search->bus, package, &names);
        while (r >= 0 && names.n > 0) {
                r = held_add_waiting(search, &names);
                strv_done(&names);
                names = strv_move(&search->next);
        }
        return r;
}

/* Not timers, which wait before they try again. */
static bool trigger_is_impatient(const char *name)
{
        return unit_is_trigger(name) && !streq(strrchr(name, '.'), ".timer");
}

static int held_stop_trigger(sd_bus *bus, const struct unit_line *line, struct strv *ret)
{
        int r;

        if (!trigger_is_impatient(line->name) || !streq(line->active, "active") || units_have(ret, line->name))
                return 0;
        r = strv_add(ret, line->name);
        return r < 0 ? r : unit_order(bus, "StopUnit", line->name);
}

static int held_stop_triggers(const struct held_search *search)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        if (search->triggers.n == 0)
                return 0;
        r = units_ask(search->bus, search->triggers.list, &reply);
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                r = held_stop_trigger(search->bus, &line, search->waiting);
        return r;
}

int held_find(const char *package, struct strv *ret)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(held_search_done) struct held_search search = { .waiting = ret };
        int r;

        assert(package && ret);

        r = manager_is_there();
        if (r <= 0)
                return r;
        r = manager_open(&bus);
        search.bus = bus;
        if (r >= 0)
                r = held_find_waiting(&search, package);
        if (r >= 0)
                r = held_stop_triggers(&search);
        return r;
}

/* ---- Starting them ---- */

/* Returns: whether systemd gave up @line because what it starts didn't start, or a negative errno. */
static int trigger_is_given_up(sd_bus *bus, const struct unit_line *line)
{
        bool is_socket = streq(strrchr(line->name, '.'), ".socket");
        _cleanup_free_ char *result = NULL;
        int r;

        if (!streq(line->active, "failed"))
                return 0;
        r = sd_bus_get_property_string(bus, MANAGER, line->path, is_socket ? MANAGER ".Socket" : MANAGER ".Path",
                                       "Result", NULL, &result);
        return r < 0 ? r
                     : streq(result, "trigger-limit-hit") || streq(result, "service-start-limit-hit") ||
                               streq(result, "unit-start-limit-hit");
}

/* Of the package, also those that nobody has stopped in time. */
static int held_add_given_up(sd_bus *bus, const char *package, struct strv *ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_strv_ struct strv gated = { 0 }, names = { 0 };
        struct unit_line line;
        int r;

        r = unit_get_dependents(bus, package, &gated);
        for (size_t i = 0; r >= 0 && i < gated.n; i++) {
                r = unit_get_related(bus, gated.list[i], "TriggeredBy", &names);
                if (r >= 0)
                        r = strv_add(&names, gated.list[i]);
        }
        if (r < 0 || names.n == 0)
                return r;
        r = units_ask(bus, names.list, &reply);
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0) {
                if (trigger_is_impatient(line.name))
                        r = trigger_is_given_up(bus, &line);
                if (trigger_is_impatient(line.name) && r > 0)
                        r = strv_add(ret, line.name);
        }
        return r;
}

/* Adds it to @ret if it is about to start, and wasn't before. */
static int held_start_line(sd_bus *bus, const struct unit_line *line, struct strv *ret, struct strv *ret_failed)
{
        bool runs = !streq(line->active, "inactive") && !streq(line->active, "failed");

        if (runs || unit_line_is_awaited(line) || !streq(line->load, "loaded"))
                return 0;
        unit_reset_failed(bus, line->name);
        return strv_add(unit_order(bus, "StartUnit", line->name) < 0 ? ret_failed : ret, line->name);
}

/* One pass: a socket can't start after its service. */
static int held_start_some(sd_bus *bus, const struct strv *units, bool triggers, struct strv *ret[static 2])
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        r = units_ask(bus, units->list, &reply);
        while (r >= 0 && (r = unit_line_read(reply, &line)) > 0)
                if (unit_is_trigger(line.name) == triggers)
                        r = held_start_line(bus, &line, ret[0], ret[1]);
        return r;
}

/* Moves from @started to @failed what has failed meanwhile. Returns: whether one has still a job, or a negative errno. */
static int started_look(sd_bus *bus, struct strv *started, struct strv *failed)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_strv_ struct strv up = { 0 };
        struct unit_line line;
        bool busy = false;
        int r;

        r = started->n > 0 ? units_ask(bus, started->list, &reply) : 0;
        while (reply && r >= 0 && (r = unit_line_read(reply, &line)) > 0) {
                bool is_down = line.job_id == 0 && streq(line.active, "failed");

                busy = busy || line.job_id != 0;
                r = strv_add(is_down ? failed : &up, line.name);
        }
        if (r < 0)
                return r;
        strv_done(started);
        *started = strv_move(&up);
        return busy;
}

int held_start(const struct held_request *request, struct strv *ret, struct strv *ret_failed)
{
        uint64_t end = now_usec(CLOCK_MONOTONIC) + request->wait_usec;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        struct pollfd stop = { .fd = request->stop_fd, .events = POLLIN };
        _cleanup_strv_ struct strv units = { 0 };
        int r;

        assert(ret && ret_failed);

        r = manager_is_there();
        if (r <= 0)
                return r;
        r = manager_open(&bus);
        if (r >= 0)
                r = strv_add_all(&units, request->units->list);
        if (r >= 0)
                r = held_add_given_up(bus, request->package, &units);
        strv_sort(&units);
        for (int services = 0; r >= 0 && units.n > 0 && services < 2; services++)
                r = held_start_some(bus, &units, !services, (struct strv *[2]){ ret, ret_failed });
        while (r >= 0 && request->wait_usec > 0) {
                r = started_look(bus, ret, ret_failed);
                if (r <= 0 || now_usec(CLOCK_MONOTONIC) >= end || poll(&stop, 1, START_POLL_MSEC) > 0)
                        break;
        }
        return r < 0 ? r : 0;
}
