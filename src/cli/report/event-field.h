/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The fields of an event, with a default for a field that it doesn't have. */

#include "deploy-migrate.h"

/* Returns: the field's number, 0 by default. */
int64_t event_field_int(const struct dmig_event *event, const char *field);
/* Returns: the field's text, "?" by default. */
const char *event_field_text(const struct dmig_event *event, const char *field);
/* Returns: the RFC 3339 time in the field, in whole seconds, as microseconds since the epoch; 0 if it isn't known. */
uint64_t event_field_time(const struct dmig_event *event, const char *field);
/* Whether an event "progress" is of a migration that doesn't run yet, since it waits for its turn. */
bool event_is_waiting(const struct dmig_event *event);
/* Returns: the phase that a migration is in, in words. */
const char *event_phase_text(const struct dmig_event *event);
/*
 * How far a migration is by its own account, as of an event "progress": "30/100 text" or "30% text"; or what it waits for. Returns: a string to be
 * freed; NULL if it doesn't tell, or if memory ran out.
 */
char *event_format_progress(const struct dmig_event *event);
/* The same with what runs, and for how long: "ID, migrate for 12 s, 30/100 text". Returns: a string to be freed; NULL if memory ran out. */
char *event_format_running(const struct dmig_event *event);
