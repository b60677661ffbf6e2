/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Units as systemd has them loaded: what they do, what they belong to, and what it is asked to do with them. */

#include "basic/strv.h"
#include "units/manager.h"

#include <stdint.h>

/* What systemd says of one unit. */
struct unit_line {
        const char *name, *load, *active, *sub, *path, *job;
        uint32_t job_id; /* 0: it has none */
};

/* Asks about these units, which are loaded for that. @ret has one line for each, to be read with unit_line_read(). */
_must_check_ int units_ask(sd_bus *bus, char **names, sd_bus_message **ret);
/* Returns: 1, 0 at the end of the list, or a negative errno. What @ret points to lives as long as @reply. */
_must_check_ int unit_line_read(sd_bus_message *reply, struct unit_line *ret);

/* Whether it has processes, as far as its type can have any: one that waits for its restart has none, nor has a socket or a timer. */
bool unit_line_is_running(const struct unit_line *line);
/* Whether it is being stopped, or is about to be. */
bool unit_line_is_stopping(const struct unit_line *line);
/* Whether it doesn't run, and is about to be started. */
bool unit_line_is_awaited(const struct unit_line *line);

/* Whether it starts another unit: a socket, a path or a timer. */
bool unit_is_trigger(const char *name);
/* The socket that has started @name, if it has. Returns: 1, 0 if the name isn't one for a connection, or -ENOMEM. */
_must_check_ int unit_format_socket(const char *name, char **ret);
/* Whether @name is the instance that a socket has started for one connection. Returns: 1, 0, or a negative errno. */
_must_check_ int unit_is_connection(sd_bus *bus, const char *name);

/* The unit of a package's migrations, or its timer: @type is "service" or "timer". */
_must_check_ int unit_format_own(const char *package, const char *type, char **ret);
/* Adds to @ret the units that @name has in @property: "RequiredBy", "Triggers" or "TriggeredBy". */
_must_check_ int unit_get_related(sd_bus *bus, const char *name, const char *property, struct strv *ret);
/* Has systemd do it, without waiting for the end: @method is "StartUnit", "StopUnit" or "RestartUnit". */
_must_check_ int unit_order(sd_bus *bus, const char *method, const char *name);
/* Its failures are over. Units that aren't loaded have none. */
void unit_reset_failed(sd_bus *bus, const char *name);
