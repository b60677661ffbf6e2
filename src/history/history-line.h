/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One line of a history: an event and its checksum. In: the bytes of a line, or an event. Out: the other of the two. Pure. */

#include "basic/error.h"
#include "history/event.h"

struct history_line {
        const char *package;
        const char *data; /* without the newline */
        size_t size;
};

/* Returns: 0, -EBADMSG with the reason in @error, or -ENOMEM. */
_must_check_ int history_line_parse(const struct history_line *line, struct dmig_event **ret, struct error *error);
/* Returns: 0 with a line that ends with a newline, or -ENOMEM. */
_must_check_ int history_line_format(const struct dmig_event *event, char **ret, size_t *ret_size);
