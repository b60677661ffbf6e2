/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/retry-timer.h"

#include "basic/clock.h"
#include "units/unit.h"

#define MINUTE_USEC (60 * USEC_PER_SEC)

/* Since its start: pauses of 15 s, 1, 4 and 15 minutes. Then each hour, counted from the end of the last try. */
static const uint64_t tries_usec[] = {
        15 * USEC_PER_SEC,
        75 * USEC_PER_SEC,
        75 * USEC_PER_SEC + 4 * MINUTE_USEC,
        75 * USEC_PER_SEC + 19 * MINUTE_USEC,
};

static int timer_append_time(sd_bus_message *call, const char *base, uint64_t usec)
{
        return sd_bus_message_append(call, "(sv)", "TimersMonotonic", "a(st)", 1, base, usec);
}

static int timer_append_properties(sd_bus_message *call, const char *package)
{
        _cleanup_strv_ struct strv description = { 0 };
        int r;

        r = strv_addf(&description, "Try the postponed migrations of %s again", package);
        if (r >= 0)
                r = sd_bus_message_append(call, "(sv)(sv)", "Description", "s", description.list[0], "AccuracyUSec",
                                          "t", (uint64_t)USEC_PER_SEC);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(tries_usec); i++)
                r = timer_append_time(call, "OnActiveSec", tries_usec[i]);
        return r < 0 ? r : timer_append_time(call, "OnUnitInactiveSec", 60 * MINUTE_USEC);
}

static int timer_make(sd_bus *bus, const char *timer, const char *package)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, MANAGER, MANAGER_PATH, MANAGER ".Manager", "StartTransientUnit");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", timer, "fail");
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "(sv)");
        if (r >= 0)
                r = timer_append_properties(call, package);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r >= 0)
                r = sd_bus_message_append(call, "a(sa(sv))", 0);
        return r < 0 ? r : sd_bus_call(bus, call, 0, NULL, NULL);
}

/* Returns: whether it is active, or a negative errno. */
static int timer_is_active(sd_bus *bus, char *timer)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct unit_line line;
        int r;

        r = units_ask(bus, (char *[]){ timer, NULL }, &reply);
        if (r >= 0)
                r = unit_line_read(reply, &line);
        return r <= 0 ? r : streq(line.active, "active");
}

int retry_timer_start(const char *package)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *timer = NULL;
        int r;

        assert(package);

        r = manager_is_there();
        if (r <= 0)
                return r;
        r = unit_format_own(package, "timer", &timer);
        if (r >= 0)
                r = manager_open(&bus);
        if (r >= 0)
                r = timer_is_active(bus, timer);
        if (r == 0)
                r = timer_make(bus, timer, package);
        return r < 0 ? r : 0;
}

void retry_timer_stop(const char *package)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *timer = NULL, *service = NULL;

        assert(package);

        if (manager_is_there() <= 0 || unit_format_own(package, "timer", &timer) < 0 ||
            unit_format_own(package, "service", &service) < 0 || manager_open(&bus) < 0)
                return;
        (void)!unit_order(bus, "StopUnit", timer); /* most often there is none */
        unit_reset_failed(bus, service);
}
