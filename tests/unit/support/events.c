/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "events.h"
#include "basic/json.h"
#include "history/history-feed.h"

#include <check.h>
#include <stdio.h>

#define LINE_MAX_SIZE 1024U

static void expand(const char *fields, FILE *out)
{
        for (const char *p = fields; *p; p++)
                if (*p == '@') {
                        p++;
                        for (size_t i = 0; i < 64; i++)
                                fputc(*p, out);
                } else
                        fputc(*p == '\'' ? '"' : *p, out);
}

int events_feed_line(struct history_state *state, const char *line, struct error *error)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        json_object *object = NULL;
        struct json_fault fault = { 0 };

        ck_assert_msg(json_parse_object(line, strlen(line), &object, &fault) == 0, "%s: %s", line, fault.reason);
        ck_assert_int_eq(event_from_json("foo", object, &event), 0);
        return history_feed(state, event, error);
}

int events_feed(struct history_state *state, const char *fields, struct error *error)
{
        char line[LINE_MAX_SIZE];
        FILE *out = fmemopen(line, sizeof(line), "w");

        ck_assert_ptr_nonnull(out);
        expand("{'time':'2026-01-02T03:04:05.000006Z','boot':'b','run':'r',", out);
        expand(fields, out);
        fputc('}', out);
        ck_assert_int_eq(fclose(out), 0);
        return events_feed_line(state, line, error);
}

void events_feed_all(struct history_state *state, const char *const *fields)
{
        for (; *fields; fields++) {
                _cleanup_error_ struct error error = { 0 };

                ck_assert_msg(events_feed(state, *fields, &error) == 0, "%s: %s", *fields, error_text(&error));
        }
}
