/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What --json prints. Each function returns NULL where memory ran out. */

#include "deploy-migrate.h"

#include <json-c/json_object.h>
#include <stdio.h>

json_object *report_json(const struct dmig_report *report);
/* For a package of which there is no report. */
json_object *report_json_failure(const char *package, const char *error);
/* {"package", "events"}, and "error" where @error isn't NULL. @events is taken over; NULL: there are none. */
json_object *report_json_history(const char *package, json_object *events, const char *error);
json_object *report_json_event(const struct dmig_event *event);
/* NULL where @files are. */
json_object *report_json_files(const struct dmig_files *files);
/* Of lint. */
json_object *report_json_finding(const char *severity, const char *path, const char *text);
/* Prints @array as @name in an object, and "error" where @error isn't NULL. */
void report_json_print(FILE *stream, const char *name, json_object *array, const char *error);
