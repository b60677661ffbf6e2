/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/emit.h"

static int field_add_to(struct dmig_event *event, const struct field *field)
{
        if (field->text)
                return event_set_string(event, field->name, field->text);
        if (field->number == FIELD_UNKNOWN)
                return event_set_null(event, field->name);
        return event_set_int(event, field->name, field->number);
}

int emission_make_event(const struct emission *emission, const struct dmig *ctx, const char *package,
                        struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        r = event_new(package, ctx->run_id, emission->name, &event);
        for (size_t i = 0; r >= 0 && i < EMISSION_FIELDS_MAX && emission->fields[i].name; i++)
                r = field_add_to(event, &emission->fields[i]);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(event);
        return 0;
}

/* Tells the caller of the events that have become durable. */
static void emit_waiting(struct dmig *ctx, struct history *history)
{
        for (size_t i = 0; i < history->n_waiting; i++) {
                context_notify(ctx, history->waiting[i]);
                event_free(history->waiting[i]);
        }
        history->n_waiting = 0;
}

int emit_event(struct dmig *ctx, struct history *history, const struct emission *emission, struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        assert(ctx);
        assert(history);
        assert(emission->name);

        r = emission_make_event(emission, ctx, history->package, &event);
        if (r >= 0)
                r = history_append(history, event, error);
        if (r < 0)
                return r;
        emit_waiting(ctx, history);
        context_notify(ctx, event);
        return 0;
}

int emit_event_later(struct dmig *ctx, struct history *history, const struct emission *emission, struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int r;

        assert(ctx);
        assert(history);
        assert(emission->name);

        r = emission_make_event(emission, ctx, history->package, &event);
        return r < 0 ? r : history_append_later(history, &event, error);
}

int emit_settle(struct dmig *ctx, struct history *history, struct error *error)
{
        int r;

        assert(ctx);
        assert(history);

        r = history_settle(history, error);
        if (r >= 0)
                emit_waiting(ctx, history);
        return r;
}

void emit_unrecorded(struct dmig *ctx, const char *package, const struct emission *emission)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        assert(ctx);
        assert(emission->name);

        if (emission_make_event(emission, ctx, package, &event) >= 0)
                context_notify(ctx, event);
}
