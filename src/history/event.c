/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/event.h"

#include "basic/clock.h"
#include "basic/json.h"
#include "basic/utf8.h"

#include <stdio.h>
#include <systemd/sd-id128.h>
#include <time.h>

static void time_format_now(char ret[static sizeof("2026-01-02T03:04:05.000006Z")])
{
        char seconds[sizeof("2026-01-02T03:04:05")];
        struct timespec now;
        struct tm tm;

        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &tm);
        strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
        sprintf(ret, "%s.%06uZ", seconds, (unsigned)(now.tv_nsec / 1000) % 1000000U);
}

/* The @n digits at @p, which were checked to be ones. */
static int digits(const char *p, size_t n)
{
        int value = 0;

        for (size_t i = 0; i < n; i++)
                value = value * 10 + (p[i] - '0');
        return value;
}

/* The fraction of a second behind the point at @p, if there is one. Returns: what follows it, or NULL. */
static const char *parse_fraction(const char *p, unsigned *ret_usec)
{
        unsigned usec = 0, unit = 1000000;

        if (*p != '.') {
                *ret_usec = 0;
                return p;
        }
        for (p++; *p >= '0' && *p <= '9'; p++) {
                unit /= 10;
                usec += unit * (unsigned)(*p - '0');
        }
        *ret_usec = usec;
        return unit == 1000000 ? NULL : p;
}

/* A time of RFC 3339 in UTC. Returns: 0 where @text isn't one. */
static uint64_t time_parse(const char *text)
{
        static const char form[] = "dddd-dd-ddTdd:dd:dd";
        struct tm tm, given;
        unsigned usec;
        const char *zone;
        time_t seconds;

        for (size_t i = 0; i < sizeof(form) - 1; i++)
                if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
                        return 0;
        zone = parse_fraction(text + sizeof(form) - 1, &usec);
        if (!zone || !(streq(zone, "Z") || streq(zone, "+00:00")))
                return 0;

        given = tm = (struct tm){
                .tm_year = digits(text, 4) - 1900,
                .tm_mon = digits(text + 5, 2) - 1,
                .tm_mday = digits(text + 8, 2),
                .tm_hour = digits(text + 11, 2),
                .tm_min = digits(text + 14, 2),
                .tm_sec = digits(text + 17, 2),
        };
        seconds = timegm(&tm);
        /* timegm() turns the 31st of April into the 1st of May. */
        if (seconds < 0 || tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday || tm.tm_hour != given.tm_hour ||
            tm.tm_min != given.tm_min || tm.tm_sec != given.tm_sec)
                return 0;
        return (uint64_t)seconds * USEC_PER_SEC + usec;
}

static int add(struct dmig_event *event, const char *field, json_object *value)
{
        if (!value)
                return -ENOMEM;
        if (json_object_object_add(event->object, field, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

int event_set_string(struct dmig_event *event, const char *field, const char *value)
{
        _cleanup_free_ char *valid = NULL;

        if (!value)
                return 0;

        /* What a program printed, or a person typed, must not make a line that can't be read again. */
        valid = utf8_sanitize(value, strlen(value));
        return valid ? add(event, field, json_object_new_string(valid)) : -ENOMEM;
}

int event_set_int(struct dmig_event *event, const char *field, int64_t value)
{
        return add(event, field, json_object_new_int64(value));
}

int event_set_null(struct dmig_event *event, const char *field)
{
        return json_object_object_add(event->object, field, NULL) < 0 ? -ENOMEM : 0;
}

int event_new(const char *package, const char *run, const char *name, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        char time[sizeof("2026-01-02T03:04:05.000006Z")];
        sd_id128_t boot = SD_ID128_NULL;
        int r;

        r = event_from_json(package, json_object_new_object(), &event);
        if (r < 0)
                return r;

        /* Without /proc there is no boot id; the null id then says so. */
        sd_id128_get_boot(&boot);
        time_format_now(time);
        if (event_set_string(event, "time", time) < 0 ||
            event_set_string(event, "boot", SD_ID128_TO_STRING(boot)) < 0 || event_set_string(event, "run", run) < 0 ||
            event_set_string(event, "event", name) < 0)
                return -ENOMEM;

        *ret = TAKE_PTR(event);
        return 0;
}

int event_from_json(const char *package, json_object *object, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        event = calloc(1, sizeof(*event));
        if (!event || !object) {
                json_object_put(object);
                return -ENOMEM;
        }
        event->object = object;
        event->package = strdup(package);
        if (!event->package)
                return -ENOMEM;

        *ret = TAKE_PTR(event);
        return 0;
}

struct dmig_event *event_free(struct dmig_event *event)
{
        if (!event)
                return NULL;
        json_object_put(event->object);
        free(event->package);
        free(event);
        return NULL;
}

int event_make_run_id(char ret[static 33])
{
        sd_id128_t id;
        int r;

        r = sd_id128_randomize(&id);
        if (r < 0)
                return r;
        sd_id128_to_string(id, ret);
        return 0;
}

const char *dmig_event_get_package(const struct dmig_event *event)
{
        return event->package;
}

const char *dmig_event_get_name(const struct dmig_event *event)
{
        return dmig_event_get_string(event, "event");
}

uint64_t dmig_event_get_time(const struct dmig_event *event)
{
        const char *text = dmig_event_get_string(event, "time");

        return text ? time_parse(text) : 0;
}

const char *dmig_event_get_string(const struct dmig_event *event, const char *field)
{
        return json_string_text(json_object_object_get(event->object, field));
}

int dmig_event_get_int(const struct dmig_event *event, const char *field, int64_t *ret)
{
        json_object *value = json_object_object_get(event->object, field);

        if (!json_object_is_type(value, json_type_int))
                return -ENODATA;
        *ret = json_object_get_int64(value);
        return 0;
}

const char *dmig_event_get_json(const struct dmig_event *event)
{
        return json_object_to_json_string_ext(event->object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
