/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/report-json.h"

#include "basic/macro.h"
#include "cli/report/files-json.h"
#include "cli/terminal/printable.h"

#include <json-c/json_tokener.h>

static json_object *report_json_string(const char *s)
{
        _cleanup_free_ char *text = s ? printable_utf8(s) : NULL;

        return text ? json_object_new_string(text) : NULL;
}

static json_object *report_json_number(int64_t number)
{
        return number < 0 ? NULL : json_object_new_int64(number);
}

static void report_json_add_string(json_object *object, const char *key, const char *value)
{
        json_object_object_add(object, key, report_json_string(value));
}

static json_object *report_json_step(const struct dmig_step *step)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        report_json_add_string(object, "id", dmig_step_get_id(step));
        report_json_add_string(object, "state", dmig_state_to_string(dmig_step_get_state(step)));
        json_object_object_add(object, "duration_ms", report_json_number(dmig_step_get_duration_ms(step)));
        json_object_object_add(object, "changes", report_json_number(dmig_step_get_changes(step)));
        report_json_add_string(object, "error", dmig_step_get_error(step));
        if (dmig_step_is_modified(step))
                json_object_object_add(object, "modified", json_object_new_boolean(true));
        if (dmig_step_is_direct(step))
                json_object_object_add(object, "direct", json_object_new_boolean(true));
        if (dmig_step_reaches_out(step))
                json_object_object_add(object, "reaches_out", json_object_new_boolean(true));
        if (dmig_step_get_files(step))
                json_object_object_add(object, "files", files_json(dmig_step_get_files(step)));
        return object;
}

static json_object *report_json_steps(const struct dmig_report *report)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array && i < dmig_report_count(report); i++)
                json_object_array_add(array, report_json_step(dmig_report_get_step(report, i)));
        return array;
}

static json_object *report_json_undo(const struct dmig_report *report)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        json_object_object_add(object, "migrations", report_json_number((int64_t)dmig_report_count_undoable(report)));
        json_object_object_add(object, "bytes", report_json_number((int64_t)dmig_report_get_undo_bytes(report)));
        return object;
}

/* Copies the field as it is, and leaves it out if it is missing. */
static void report_json_copy_field(json_object *object, const struct dmig_event *event, const char *field)
{
        const char *text = dmig_event_get_string(event, field);
        int64_t number;

        if (text)
                report_json_add_string(object, field, text);
        else if (dmig_event_get_int(event, field, &number) >= 0)
                json_object_object_add(object, field, json_object_new_int64(number));
}

static json_object *report_json_progress(const struct dmig_event *event)
{
        static const char *const fields[] = {
                "id", "phase", "elapsed_ms", "timeout_sec", "percent", "text", "done", "total",
        };
        json_object *object = json_object_new_object();

        for (size_t i = 0; object && i < ELEMENTSOF(fields); i++)
                report_json_copy_field(object, event, fields[i]);
        return object;
}

json_object *report_json(const struct dmig_report *report)
{
        json_object *object;

        assert(report);

        object = json_object_new_object();
        if (!object)
                return NULL;

        report_json_add_string(object, "package", dmig_report_get_package(report));
        report_json_add_string(object, "from", dmig_report_get_from(report));
        report_json_add_string(object, "to", dmig_report_get_to(report));
        report_json_add_string(object, "from_source", dmig_report_get_from_source(report));
        report_json_add_string(object, "result", dmig_result_to_string(dmig_report_get_result(report)));
        report_json_add_string(object, "error", dmig_report_get_error(report));
        json_object_object_add(object, "migrations", report_json_steps(report));
        if (dmig_report_count_undoable(report) > 0)
                json_object_object_add(object, "undo", report_json_undo(report));
        if (dmig_files_count(dmig_report_get_since(report)) > 0)
                json_object_object_add(object, "changed_since", files_json(dmig_report_get_since(report)));
        if (dmig_report_get_overwritten(report))
                report_json_add_string(object, "overwritten", dmig_report_get_overwritten(report));
        if (dmig_report_get_progress(report))
                json_object_object_add(object, "progress", report_json_progress(dmig_report_get_progress(report)));
        return object;
}

json_object *report_json_failure(const char *package, const char *error)
{
        json_object *object;

        assert(package);
        assert(error);

        object = json_object_new_object();
        if (!object)
                return NULL;

        report_json_add_string(object, "package", package);
        report_json_add_string(object, "from", NULL);
        report_json_add_string(object, "to", NULL);
        report_json_add_string(object, "from_source", NULL);
        report_json_add_string(object, "result", dmig_result_to_string(DMIG_RESULT_ERROR));
        report_json_add_string(object, "error", error);
        json_object_object_add(object, "migrations", json_object_new_array());
        return object;
}

json_object *report_json_event(const struct dmig_event *event)
{
        assert(event);

        return json_tokener_parse(dmig_event_get_json(event));
}

json_object *report_json_history(const char *package, json_object *events, const char *error)
{
        json_object *object;

        assert(package);

        object = json_object_new_object();
        if (!object) {
                json_object_put(events);
                return NULL;
        }
        report_json_add_string(object, "package", package);
        json_object_object_add(object, "events", events ? events : json_object_new_array());
        if (error)
                report_json_add_string(object, "error", error);
        return object;
}

json_object *report_json_finding(const char *severity, const char *path, const char *text)
{
        json_object *object;

        assert(severity);
        assert(path);
        assert(text);

        object = json_object_new_object();
        if (!object)
                return NULL;

        report_json_add_string(object, "severity", severity);
        report_json_add_string(object, "path", path);
        report_json_add_string(object, "text", text);
        return object;
}

/* JSON requires escapes for C0 only, but terminals obey DEL and C1 as well. In JSON these can occur only in strings. */
static void report_json_print_escaped(FILE *stream, const char *json)
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
        json_object *object;

        assert(stream);
        assert(name);

        object = json_object_new_object();
        if (!object)
                return;

        json_object_object_add(object, name, json_object_get(array));
        if (error)
                report_json_add_string(object, "error", error);
        report_json_print_escaped(stream, json_object_to_json_string_ext(
                                                  object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(object);
}
