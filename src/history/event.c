/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/event.h"

#include "basic/clock.h"
#include "basic/json.h"
#include "basic/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
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

/* Returns: the number of the @n digits at @p. */
static int time_parse_digits(const char *p, size_t n)
{
        int value = 0;

        for (size_t i = 0; i < n; i++)
                value = value * 10 + (p[i] - '0');
        return value;
}

/* Parses a fraction of a second, if @p begins with a point. Returns: what follows it, or NULL if no digit follows the point. */
static const char *time_parse_fraction(const char *p, unsigned *ret_usec)
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

/* Returns: the RFC 3339 time @text, which must be in UTC, in microseconds since 1970, or 0 if it isn't one. */
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
        zone = time_parse_fraction(text + sizeof(form) - 1, &usec);
        if (!zone || !(streq(zone, "Z") || streq(zone, "+00:00")))
                return 0;

        given = tm = (struct tm){
                .tm_year = time_parse_digits(text, 4) - 1900,
                .tm_mon = time_parse_digits(text + 5, 2) - 1,
                .tm_mday = time_parse_digits(text + 8, 2),
                .tm_hour = time_parse_digits(text + 11, 2),
                .tm_min = time_parse_digits(text + 14, 2),
                .tm_sec = time_parse_digits(text + 17, 2),
        };
        /* timegm() turns the 31st of April into the 1st of May. */
        seconds = timegm(&tm);
        if (seconds < 0 || tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday || tm.tm_hour != given.tm_hour ||
            tm.tm_min != given.tm_min || tm.tm_sec != given.tm_sec)
                return 0;
        return (uint64_t)seconds * USEC_PER_SEC + usec;
}

int event_set_string(struct dmig_event *event, const char *field, const char *value)
{
        _cleanup_free_ char *valid = NULL;

        assert(event);
        assert(field);

        if (!value)
                return 0;

        /* The output of a program, or an argument, must not make a line that can't be read again. */
        valid = utf8_sanitize(value, strlen(value));
        return valid ? json_add_string(event->object, field, valid) : -ENOMEM;
}

int event_set_int(struct dmig_event *event, const char *field, int64_t value)
{
        assert(event);
        assert(field);

        return json_add_int(event->object, field, value);
}

int event_set_null(struct dmig_event *event, const char *field)
{
        assert(event);
        assert(field);

        return json_add_null(event->object, field);
}

/* The 32 hexadecimal digits of the boot's id: zeroes if there is no /proc. */
static int boot_id_read(char ret[static 33])
{
        _cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        char text[36] = "";
        size_t n = 0;

        if (fd < 0 && errno != ENOENT)
                return -errno;
        if (fd >= 0 && read(fd, text, sizeof(text)) < 0)
                return -errno;
        for (size_t i = 0; i < sizeof(text) && n < 32; i++)
                if (text[i] && text[i] != '-')
                        ret[n++] = text[i];
        memset(ret + n, '0', 32 - n);
        ret[32] = '\0';
        return 0;
}

/* It stays the same for as long as we run. */
int boot_id_get(const char **ret)
{
        static _Thread_local char id[33];
        int r;

        assert(ret);
        if (!id[0]) {
                char read[33];

                r = boot_id_read(read);
                if (r < 0)
                        return r;
                memcpy(id, read, sizeof(id));
        }
        *ret = id;
        return 0;
}

int event_new(const char *package, const char *run, const char *name, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        char time[sizeof("2026-01-02T03:04:05.000006Z")];
        const char *boot;
        int r;

        assert(package);
        assert(run);
        assert(name);
        assert(ret);

        r = boot_id_get(&boot);
        if (r >= 0)
                r = event_from_json(package, json_object_new_object(), &event);
        if (r < 0)
                return r;

        time_format_now(time);
        if (event_set_string(event, "time", time) < 0 || event_set_string(event, "boot", boot) < 0 ||
            event_set_string(event, "run", run) < 0 || event_set_string(event, "event", name) < 0)
                return -ENOMEM;

        *ret = TAKE_PTR(event);
        return 0;
}

int event_from_json(const char *package, json_object *object, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        assert(package);
        assert(ret);

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
        unsigned char id[16];

        if (getrandom(id, sizeof(id), 0) < 0) /* so few bytes come at once or not at all */
                return -errno;
        for (size_t i = 0; i < sizeof(id); i++)
                sprintf(ret + 2 * i, "%02x", id[i]);
        return 0;
}

const char *dmig_event_get_package(const struct dmig_event *event)
{
        return event ? event->package : NULL;
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
        return event && field ? json_get_string(event->object, field) : NULL;
}

int dmig_event_get_int(const struct dmig_event *event, const char *field, int64_t *ret)
{
        if (!event || !field || !ret)
                return -EINVAL;
        return json_get_int(event->object, field, ret) < 0 ? -ENODATA : 0;
}

const char *dmig_event_get_json(const struct dmig_event *event)
{
        size_t size;

        return event ? json_format(event->object, &size) : NULL;
}
