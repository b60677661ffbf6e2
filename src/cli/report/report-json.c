/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/report-json.h"

#include "basic/json.h"
#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/report/files-json.h"

static json_object *report_json_notices(const struct dmig_step *step)
{
        json_object *array = json_build_array();

        for (size_t i = 0; i < dmig_step_count_notices(step); i++)
                json_build_append(array, need_memory(json_object_new_string(dmig_step_get_notice(step, i))));
        return array;
}

static json_object *report_json_step(const struct dmig_step *step)
{
        json_object *object = json_build_object();

        json_build_add_string(object, "id", dmig_step_get_id(step));
        json_build_add_string(object, "state", dmig_state_to_string(dmig_step_get_state(step)));
        json_build_add_number(object, "duration_ms", dmig_step_get_duration_ms(step));
        json_build_add_number(object, "changes", dmig_step_get_changes(step));
        json_build_add_string(object, "error", dmig_step_get_error(step));
        if (dmig_step_get_consent(step))
                json_build_add_string(object, "consent", dmig_step_get_consent(step));
        if (dmig_step_get_turn(step))
                json_build_add_string(object, "turn", dmig_step_get_turn(step));
        if (dmig_step_is_modified(step))
                json_build_add_true(object, "modified");
        if (dmig_step_is_direct(step))
                json_build_add_true(object, "direct");
        if (dmig_step_reaches_out(step))
                json_build_add_true(object, "reaches_out");
        if (dmig_step_count_notices(step) > 0)
                json_build_add(object, "notices", report_json_notices(step));
        if (dmig_step_get_files(step))
                json_build_add(object, "files", files_json(dmig_step_get_files(step)));
        return object;
}

static json_object *report_json_steps(const struct dmig_report *report)
{
        json_object *array = json_build_array();

        for (size_t i = 0; i < dmig_report_count(report); i++)
                json_build_append(array, report_json_step(dmig_report_get_step(report, i)));
        return array;
}

static json_object *report_json_undo(const struct dmig_report *report)
{
        json_object *object = json_build_object();

        json_build_add_number(object, "migrations", (int64_t)dmig_report_count_undoable(report));
        json_build_add_number(object, "bytes", (int64_t)dmig_report_get_undo_bytes(report));
        return object;
}

static json_object *report_json_started(const struct dmig_report *report)
{
        json_object *array = json_build_array();

        for (size_t i = 0; i < dmig_report_count_started(report); i++)
                json_build_append(array, need_memory(json_object_new_string(dmig_report_get_started(report, i))));
        return array;
}

/* Copies the field as it is, and leaves it out if it is missing. */
static void report_json_copy_field(json_object *object, const struct dmig_event *event, const char *field)
{
        const char *text = dmig_event_get_string(event, field);
        int64_t number;

        if (text)
                json_build_add_string(object, field, text);
        else if (dmig_event_get_int(event, field, &number) >= 0)
                json_build_add(object, field, need_memory(json_object_new_int64(number)));
}

static json_object *report_json_progress(const struct dmig_event *event)
{
        static const char *const fields[] = {
                "command", "id", "phase", "since", "elapsed_ms", "timeout_sec", "percent", "text", "done", "total",
        };
        json_object *object = json_build_object();

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                report_json_copy_field(object, event, fields[i]);
        return object;
}

json_object *report_json(const struct dmig_report *report)
{
        json_object *object;

        assert(report);

        object = json_build_object();
        json_build_add_string(object, "package", dmig_report_get_package(report));
        json_build_add_string(object, "from", dmig_report_get_from(report));
        json_build_add_string(object, "to", dmig_report_get_to(report));
        json_build_add_string(object, "from_source", dmig_report_get_from_source(report));
        json_build_add_string(object, "result", dmig_result_to_string(dmig_report_get_result(report)));
        json_build_add_string(object, "error", dmig_report_get_error(report));
        json_build_add(object, "migrations", report_json_steps(report));
        if (dmig_report_count_undoable(report) > 0)
                json_build_add(object, "undo", report_json_undo(report));
        if (dmig_files_count(dmig_report_get_since(report)) > 0)
                json_build_add(object, "changed_since", files_json(dmig_report_get_since(report)));
        if (dmig_report_get_overwritten(report))
                json_build_add_string(object, "overwritten", dmig_report_get_overwritten(report));
        if (dmig_report_count_started(report) > 0)
                json_build_add(object, "started", report_json_started(report));
        if (dmig_report_get_progress(report))
                json_build_add(object, "progress", report_json_progress(dmig_report_get_progress(report)));
        return object;
}

json_object *report_json_failure(const char *package, const char *error)
{
        json_object *object;

        assert(package);
        assert(error);

        object = json_build_object();
        json_build_add_string(object, "package", package);
        json_build_add_string(object, "from", NULL);
        json_build_add_string(object, "to", NULL);
        json_build_add_string(object, "from_source", NULL);
        json_build_add_string(object, "result", dmig_result_to_string(DMIG_RESULT_ERROR));
        json_build_add_string(object, "error", error);
        json_build_add(object, "migrations", json_build_array());
        return object;
}

json_object *report_json_event(const struct dmig_event *event)
{
        json_object *object = NULL;
        struct json_fault fault;
        const char *text;

        assert(event);

        text = dmig_event_get_json(event);
        if (text && json_parse_object(text, strlen(text), &object, &fault) < 0)
                object = NULL;
        return need_memory(object);
}

json_object *report_json_history(const char *package, json_object *events, const char *error)
{
        json_object *object;

        assert(package);

        object = json_build_object();
        json_build_add_string(object, "package", package);
        json_build_add(object, "events", events ? events : json_build_array());
        if (error)
                json_build_add_string(object, "error", error);
        return object;
}

json_object *report_json_finding(const char *severity, const char *path, const char *text)
{
        json_object *object;

        assert(severity);
        assert(path);
        assert(text);

        object = json_build_object();
        json_build_add_string(object, "severity", severity);
        json_build_add_string(object, "path", path);
        json_build_add_string(object, "text", text);
        return object;
}

void report_json_print(FILE *stream, const char *name, json_object *array, const char *error)
{
        json_object *object;

        assert(stream);
        assert(name);

        object = json_build_object();
        json_build_add(object, name, json_object_get(array));
        if (error)
                json_build_add_string(object, "error", error);
        json_build_print(stream, object);
        json_object_put(object);
}
