/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The JSON of --json. If memory runs out, the program says so and ends. */

#include "deploy-migrate.h"

#include <json-c/json_object.h>
#include <stdio.h>

json_object *report_json(const struct dmig_report *report);
/* For a package without a report. */
json_object *report_json_failure(const char *package, const char *error);
/* {"package", "events"}, and "error" if @error isn't NULL. Takes over @events; NULL: there are none. */
json_object *report_json_history(const char *package, json_object *events, const char *error);
json_object *report_json_event(const struct dmig_event *event);
/* A line of lint. */
json_object *report_json_finding(const char *severity, const char *path, const char *text);
/* Prints {@name: @array}, and "error" if @error isn't NULL. */
void report_json_print(FILE *stream, const char *name, json_object *array, const char *error);
