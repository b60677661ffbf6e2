/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An event: a line of a history, or a notice to the caller. It is a JSON object, made here field by field and read with the accessors of
 * deploy-migrate.h.
 */

#include "basic/macro.h"
#include "deploy-migrate.h"

#include <json-c/json_object.h>

struct dmig_event {
        char *package;
        json_object *object; /* owned */
};

/* Makes an event with its time, boot, run and name. Returns: 0 or -ENOMEM. */
_must_check_ int event_new(const char *package, const char *run, const char *name, struct dmig_event **ret);
/* Makes an event of @object, a reference that it takes over, on failure too. Returns: 0, or -ENOMEM, also if @object is NULL. */
_must_check_ int event_from_json(const char *package, json_object *object, struct dmig_event **ret);
struct dmig_event *event_free(struct dmig_event *event);
DEFINE_CLEANUP(struct dmig_event *, event_free);

/* Sets a field of a new event; @field must be a literal. A NULL @value adds nothing. Returns: 0 or -ENOMEM. */
_must_check_ int event_set_string(struct dmig_event *event, const char *field, const char *value);
_must_check_ int event_set_int(struct dmig_event *event, const char *field, int64_t value);
_must_check_ int event_set_null(struct dmig_event *event, const char *field); /* for an unknown value */

/* Gives the id of this boot, as 32 hex digits, to be used by this thread; zeroes if there is no /proc. Returns: 0 or a negative errno. */
_must_check_ int boot_id_get(const char **ret);
/* Makes a random 128-bit id for a run, as 32 hex digits. Returns: 0 or a negative errno. */
_must_check_ int event_make_run_id(char ret[static 33]);
