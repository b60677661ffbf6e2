/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One thing that happened: a line of a history, or a notice to the caller. A JSON object inside; the accessors of
 * deploy-migrate.h outside.
 */

#include "basic/macro.h"
#include "deploy-migrate.h"

#include <json-c/json_object.h>

struct dmig_event {
        char *package;
        json_object *object; /* owned */
};

/* A new event: time, boot and run, then its name. Returns: 0 or -ENOMEM. */
int event_new(const char *package, const char *run, const char *name, struct dmig_event **ret);
/* Takes over a reference to @object, on failure too. */
int event_from_json(const char *package, json_object *object, struct dmig_event **ret);
struct dmig_event *event_free(struct dmig_event *event);
DEFINE_CLEANUP(struct dmig_event *, event_free);

/* Sets a field of an event under construction. A NULL @value is left out. Returns: 0 or -ENOMEM. */
int event_set_string(struct dmig_event *event, const char *field, const char *value);
int event_set_int(struct dmig_event *event, const char *field, int64_t value);
int event_set_null(struct dmig_event *event, const char *field); /* a value that isn't known */

/* A 128-bit id for a run, as 32 hex digits. */
int event_make_run_id(char ret[static 33]);
