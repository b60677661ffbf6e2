/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One line of a history: an event and its checksum. Bytes in, values out. */

#include "basic/error.h"
#include "history/event.h"

/* Without the newline. Returns: 0, or -EBADMSG with the reason in @error, or -ENOMEM. */
int history_line_parse(const char *package, const char *line, size_t size, struct dmig_event **ret,
                       struct error *error);
/* With the newline. Returns: 0 or -ENOMEM. */
int history_line_format(const struct dmig_event *event, char **ret, size_t *ret_size);
