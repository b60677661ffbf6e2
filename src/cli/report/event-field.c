/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/event-field.h"

#include "basic/clock.h"
#include "basic/macro.h"
#include "cli/terminal/format.h"

#include <inttypes.h>
#include <stdio.h>

int64_t event_field_int(const struct dmig_event *event, const char *field)
{
        int64_t value = 0;

        assert(event);
        assert(field);

        (void)dmig_event_get_int(event, field, &value);
        return value;
}

const char *event_field_text(const struct dmig_event *event, const char *field)
{
        const char *value;

        assert(event);
        assert(field);

        value = dmig_event_get_string(event, field);
        return value ? value : "?";
}

uint64_t event_field_time(const struct dmig_event *event, const char *field)
{
        const char *text;
        struct tm tm = { 0 };
        time_t seconds;

        assert(event);
        assert(field);

        text = dmig_event_get_string(event, field);
        if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
                return 0;
        seconds = timegm(&tm);
        return seconds > 0 ? (uint64_t)seconds * USEC_PER_SEC : 0;
}

bool event_is_waiting(const struct dmig_event *event)
{
        return streq(event_field_text(event, "phase"), "turn");
}

const char *event_phase_text(const struct dmig_event *event)
{
        return event_is_waiting(event) ? "waiting for its turn" : event_field_text(event, "phase");
}

char *event_format_progress(const struct dmig_event *event)
{
        const char *text, *space;
        int64_t percent, done, total;
        char *formatted = NULL;
        int n;

        assert(event);

        text = dmig_event_get_string(event, "text");
        if (dmig_event_get_int(event, "percent", &percent) < 0)
                return text ? strdup(text) : NULL;
        space = text && *text ? " " : "";
        if (dmig_event_get_int(event, "done", &done) >= 0 && dmig_event_get_int(event, "total", &total) >= 0)
                n = asprintf(&formatted, "%" PRId64 "/%" PRId64 "%s%s", done, total, space, text ? text : "");
        else
                n = asprintf(&formatted, "%" PRId64 "%%%s%s", percent, space, text ? text : "");
        return n < 0 ? NULL : formatted;
}

char *event_format_running(const struct dmig_event *event)
{
        _cleanup_free_ char *advance = event_format_progress(event);
        char elapsed[DURATION_MAX], *formatted;

        format_duration(event_field_int(event, "elapsed_ms"), elapsed);
        if (asprintf(&formatted, "%s, %s for %s%s%s", event_field_text(event, "id"), event_phase_text(event), elapsed,
                     advance ? ", " : "", advance ? advance : "") < 0)
                return NULL;
        return formatted;
}
