/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "units/job-order.h"

#include "basic/array.h"
#include "units/unit.h"

#define UNIT_OF_ALL "deploy-migrate.service"

/* Through the jobs that a job waits for. */
struct job_walk {
        sd_bus *bus;
        char *unit;     /* of the package */
        uint32_t *seen; /* the jobs that were asked for already */
        size_t n_seen;
};

static void job_walk_done(struct job_walk *walk)
{
        free(walk->unit);
        free(walk->seen);
}

/* Returns: 1 if @id is a new one, 0 if it isn't, or -ENOMEM. */
static int job_walk_enter(struct job_walk *walk, uint32_t id)
{
        uint32_t *grown;

        for (size_t i = 0; i < walk->n_seen; i++)
                if (walk->seen[i] == id)
                        return 0;
        grown = array_grow(walk->seen, walk->n_seen, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        walk->seen = grown;
        grown[walk->n_seen++] = id;
        return 1;
}

/* Returns: whether one of the jobs that @id waits for is of a unit of ours, or a negative errno. */
static int job_walk_visit(struct job_walk *walk, uint32_t id)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *unit, *type, *state, *job_path, *unit_path;
        int r;

        r = job_walk_enter(walk, id);
        if (r <= 0 || sd_bus_call_method(walk->bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "GetJobBefore", NULL,
                                         &reply, "u", id) < 0)
                return r < 0 ? r : 0;
        r = sd_bus_message_enter_container(reply, 'a', "(usssoo)");
        while (r >= 0 &&
               (r = sd_bus_message_read(reply, "(usssoo)", &id, &unit, &type, &state, &job_path, &unit_path)) > 0) {
                if (streq(unit, UNIT_OF_ALL) || streq(unit, walk->unit))
                        return 1;
                r = job_walk_visit(walk, id);
                if (r > 0)
                        return r;
        }
        return r;
}

int job_awaits_migrations(sd_bus *bus, uint32_t id, const char *package)
{
        _cleanup_(job_walk_done) struct job_walk walk = { .bus = bus };
        int r;

        assert(bus && package);

        r = unit_format_own(package, "service", &walk.unit);
        return r < 0 ? r : job_walk_visit(&walk, id);
}
