/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An event on its way: made, written to the history, told to the caller. */

#include "history/history.h"
#include "package/context.h"

#define FIELD_UNKNOWN INT64_MIN /* becomes null */

/* Ends a list of fields with one that has no name. A field without text is a number. */
struct field {
        const char *name;
        const char *text;
        int64_t number;
};

/* Appends the event to @history, durably, then tells it. Returns: 0, or a negative errno with @error set. */
int emit_event(struct dmig *ctx, struct history *history, const char *name, const struct field *fields,
               struct error *error);
/* Tells an event that isn't recorded. One that can't be made is not told. */
void emit_unrecorded(struct dmig *ctx, const char *package, const char *name, const struct field *fields);
