/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From a name and fields to an event: made, written to the history, passed to the caller's callback. */

#include "history/history.h"
#include "package/context.h"

#define FIELD_UNKNOWN INT64_MIN /* becomes null */

/* A field without text is a number. */
struct field {
        const char *name;
        const char *text;
        int64_t number;
};

#define EMISSION_FIELDS_MAX 8

struct emission {
        const char *name;
        struct field fields[EMISSION_FIELDS_MAX]; /* up to the first one without a name */
};

/* Appends the event to @history, durably, then tells the caller. Returns: 0, or a negative errno with @error set. */
_must_check_ int emit_event(struct dmig *ctx, struct history *history, const struct emission *emission,
                            struct error *error);
/*
 * The same, but the event becomes durable, and the caller is told, with the next one or by emit_settle(), whichever comes first. Only for an
 * event after which nothing happens that relies on it.
 */
_must_check_ int emit_event_later(struct dmig *ctx, struct history *history, const struct emission *emission,
                                  struct error *error);
_must_check_ int emit_settle(struct dmig *ctx, struct history *history, struct error *error);
/* Makes the event, and no more. Returns: 0 or -ENOMEM. */
_must_check_ int emission_make_event(const struct emission *emission, const struct dmig *ctx, const char *package,
                                     struct dmig_event **ret);
/* Tells the caller of an event that isn't recorded. If memory runs out, it is dropped. */
void emit_unrecorded(struct dmig *ctx, const char *package, const struct emission *emission);
