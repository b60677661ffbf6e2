/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/emit.h"

static int set_field(struct dmig_event *event, const struct field *field)
{
        if (field->text)
                return event_set_string(event, field->name, field->text);
        if (field->number == FIELD_UNKNOWN)
                return event_set_null(event, field->name);
        return event_set_int(event, field->name, field->number);
}

static int make_event(const struct dmig *ctx, const char *package, const char *name, const struct field *fields,
                      struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        r = event_new(package, ctx->run_id, name, &event);
        for (const struct field *f = fields; r >= 0 && f->name; f++)
                r = set_field(event, f);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(event);
        return 0;
}

int emit_event(struct dmig *ctx, struct history *history, const char *name, const struct field *fields,
               struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        r = make_event(ctx, history->package, name, fields, &event);
        if (r >= 0)
                r = history_append(history, event, error);
        if (r >= 0)
                context_notify(ctx, event);
        return r;
}

void emit_unrecorded(struct dmig *ctx, const char *package, const char *name, const struct field *fields)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        if (make_event(ctx, package, name, fields, &event) >= 0)
                context_notify(ctx, event);
}
