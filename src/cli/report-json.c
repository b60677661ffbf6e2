/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "report-json.h"

#include "macro.h"
#include "printable.h"

#include <json-c/json_tokener.h>

static json_object *new_string(const char *s)
{
        _cleanup_free_ char *text = s ? printable_utf8(s) : NULL;

        return text ? json_object_new_string(text) : NULL;
}

static json_object *new_number(int64_t number)
{
        return number < 0 ? NULL : json_object_new_int64(number);
}

static void add_string(json_object *object, const char *key, const char *value)
{
        json_object_object_add(object, key, new_string(value));
}

static json_object *step_json(const struct dmig_step *step)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "id", dmig_step_get_id(step));
        add_string(object, "state", dmig_state_to_string(dmig_step_get_state(step)));
        json_object_object_add(object, "duration_ms", new_number(dmig_step_get_duration_ms(step)));
        json_object_object_add(object, "changes", new_number(dmig_step_get_changes(step)));
        add_string(object, "error", dmig_step_get_error(step));
        if (dmig_step_is_modified(step))
                json_object_object_add(object, "modified", json_object_new_boolean(true));
        return object;
}

static json_object *steps_json(const struct dmig_report *report)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array && i < dmig_report_count(report); i++)
                json_object_array_add(array, step_json(dmig_report_get_step(report, i)));
        return array;
}

json_object *report_json(const struct dmig_report *report)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "package", dmig_report_get_package(report));
        add_string(object, "from", dmig_report_get_from(report));
        add_string(object, "to", dmig_report_get_to(report));
        add_string(object, "from_source", dmig_report_get_from_source(report));
        add_string(object, "result", dmig_result_to_string(dmig_report_get_result(report)));
        add_string(object, "error", dmig_report_get_error(report));
        json_object_object_add(object, "migrations", steps_json(report));
        return object;
}

json_object *report_json_failure(const char *package, const char *error)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "package", package);
        add_string(object, "from", NULL);
        add_string(object, "to", NULL);
        add_string(object, "from_source", NULL);
        add_string(object, "result", dmig_result_to_string(DMIG_RESULT_ERROR));
        add_string(object, "error", error);
        json_object_object_add(object, "migrations", json_object_new_array());
        return object;
}

static json_object *events_json(const struct dmig_history *history)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array && history && i < dmig_history_count(history); i++)
                json_object_array_add(array, json_tokener_parse(dmig_event_get_json(dmig_history_get(history, i))));
        return array;
}

json_object *report_json_history(const char *package, const struct dmig_history *history, const char *error)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "package", package);
        json_object_object_add(object, "events", events_json(history));
        if (error)
                add_string(object, "error", error);
        return object;
}

json_object *report_json_finding(const char *severity, const char *path, const char *text)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "severity", severity);
        add_string(object, "path", path);
        add_string(object, "text", text);
        return object;
}

/* JSON wants escapes for C0 only; DEL and C1, which a terminal obeys as well, can stand in strings only. */
static void print_escaped(FILE *stream, const char *json)
{
        for (const unsigned char *p = (const unsigned char *)json; *p; p++)
                if (*p == 0x7f)
                        fputs("\\u007f", stream);
                else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
                        fprintf(stream, "\\u%04x", *++p);
                else
                        fputc(*p, stream);
        fputc('\n', stream);
}

void report_json_print(FILE *stream, const char *name, json_object *array, const char *error)
{
        json_object *object = json_object_new_object();

        if (!object)
                return;

        json_object_object_add(object, name, json_object_get(array));
        if (error)
                add_string(object, "error", error);
        print_escaped(stream,
                      json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(object);
}
