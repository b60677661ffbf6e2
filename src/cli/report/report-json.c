/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/report-json.h"

#include "basic/macro.h"
#include "cli/terminal/printable.h"

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

/* As git has it: type and permissions in octal. */
static void add_mode(json_object *object, const char *key, unsigned mode)
{
        char text[16];

        snprintf(text, sizeof(text), "%06o", mode);
        add_string(object, key, mode ? text : NULL);
}

static json_object *file_json(const struct dmig_file *file)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        add_string(object, "kind", dmig_file_get_kind(file));
        add_string(object, "path", dmig_file_get_path(file));
        add_string(object, "from", dmig_file_get_from(file));
        add_mode(object, "mode_before", dmig_file_get_mode_before(file));
        add_mode(object, "mode_after", dmig_file_get_mode_after(file));
        json_object_object_add(object, "size_before", new_number(dmig_file_get_size_before(file)));
        json_object_object_add(object, "size_after", new_number(dmig_file_get_size_after(file)));
        add_string(object, "diff", dmig_file_get_diff(file));
        return object;
}

json_object *report_json_files(const struct dmig_files *files)
{
        json_object *array = files ? json_object_new_array() : NULL;

        for (size_t i = 0; array && i < dmig_files_count(files); i++)
                json_object_array_add(array, file_json(dmig_files_get(files, i)));
        return array;
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
        if (dmig_step_is_direct(step))
                json_object_object_add(object, "direct", json_object_new_boolean(true));
        if (dmig_step_get_files(step))
                json_object_object_add(object, "files", report_json_files(dmig_step_get_files(step)));
        return object;
}

static json_object *steps_json(const struct dmig_report *report)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array && i < dmig_report_count(report); i++)
                json_object_array_add(array, step_json(dmig_report_get_step(report, i)));
        return array;
}

static json_object *undo_json(const struct dmig_report *report)
{
        json_object *object = json_object_new_object();

        if (!object)
                return NULL;

        json_object_object_add(object, "migrations", new_number((int64_t)dmig_report_count_undoable(report)));
        json_object_object_add(object, "bytes", new_number((int64_t)dmig_report_get_undo_bytes(report)));
        return object;
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
        if (dmig_report_count_undoable(report) > 0)
                json_object_object_add(object, "undo", undo_json(report));
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

json_object *report_json_event(const struct dmig_event *event)
{
        return json_tokener_parse(dmig_event_get_json(event));
}

json_object *report_json_history(const char *package, json_object *events, const char *error)
{
        json_object *object = json_object_new_object();

        if (!object) {
                json_object_put(events);
                return NULL;
        }
        add_string(object, "package", package);
        json_object_object_add(object, "events", events ? events : json_object_new_array());
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
