/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/event-field.h"

#include "basic/macro.h"

int64_t event_field_int(const struct dmig_event *event, const char *field)
{
        int64_t value = 0;

        assert(event);
        assert(field);

        (void)dmig_event_get_int(event, field, &value);
        return value;
}

const char *event_field_text(const struct dmig_event *event, const char *field)
{
        const char *value;

        assert(event);
        assert(field);

        value = dmig_event_get_string(event, field);
        return value ? value : "?";
}
