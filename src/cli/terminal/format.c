/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/format.h"

#include "basic/clock.h"
#include "basic/macro.h"

#include <inttypes.h>
#include <stdio.h>

void format_duration(int64_t ms, char ret[static DURATION_MAX])
{
        if (ms < 1000)
                snprintf(ret, DURATION_MAX, "%" PRId64 " ms", ms);
        else if (ms < 60000)
                snprintf(ret, DURATION_MAX, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
        else
                format_span(ms / 1000, ret);
}

void format_span(int64_t sec, char ret[static DURATION_MAX])
{
        const struct {
                int64_t amount;
                const char *unit;
        } parts[] = { { sec / 3600, "h" }, { sec / 60 % 60, "min" }, { sec % 60, "s" } };
        size_t used = 0;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (parts[i].amount > 0)
                        used += (size_t)snprintf(ret + used, DURATION_MAX - used, "%s%" PRId64 "%s", used ? " " : "",
                                                 parts[i].amount, parts[i].unit);
        if (used == 0)
                snprintf(ret, DURATION_MAX, "0s");
}

void format_time(uint64_t usec, char ret[static TIME_MAX])
{
        time_t seconds = (time_t)(usec / USEC_PER_SEC);
        struct tm tm;

        if (usec == 0 || !localtime_r(&seconds, &tm) || strftime(ret, TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
                strcpy(ret, "?");
}

void format_bytes(uint64_t bytes, char ret[static BYTES_MAX])
{
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        uint64_t whole = bytes, rest = 0;
        size_t unit = 0;

        for (; whole >= 1024; unit++) {
                rest = whole % 1024;
                whole /= 1024;
        }
        if (unit > 0 && whole < 10)
                snprintf(ret, BYTES_MAX, "%" PRIu64 ".%" PRIu64 " %s", whole, rest * 10 / 1024, units[unit]);
        else
                snprintf(ret, BYTES_MAX, "%" PRIu64 " %s", whole, units[unit]);
}
