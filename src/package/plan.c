/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/plan.h"

struct planner {
        const struct catalog *catalog;
        const struct history_state *state;
        const struct version_range *range;
        struct version_range history; /* from where the history begins to where it is now */
        bool has_history;
        struct plan *plan;
        struct error *error;
};

static void planner_done(struct planner *planner)
{
        version_range_done(&planner->history);
}

static bool is_settled(const struct record *record)
{
        return record && (record->state == RECORD_APPLIED || record->state == RECORD_SATISFIED ||
                          record->state == RECORD_SKIPPED);
}

static enum dmig_state record_to_state(const struct record *record)
{
        switch (record ? record->state : RECORD_NONE) {
        case RECORD_APPLIED:
                return DMIG_STATE_APPLIED;
        case RECORD_SATISFIED:
                return DMIG_STATE_SATISFIED;
        case RECORD_SKIPPED:
                return DMIG_STATE_SKIPPED;
        case RECORD_FAILED:
                return DMIG_STATE_FAILED;
        case RECORD_POSTPONED:
                return DMIG_STATE_POSTPONED;
        case RECORD_GAVE_UP:
                return DMIG_STATE_GAVE_UP;
        case RECORD_NONE:
        case RECORD_RUNNING:
        case RECORD_COMMITTING:
        case RECORD_INTERRUPTED:
                break;
        }
        return DMIG_STATE_PENDING;
}

static int locate(const struct planner *planner, const struct version_range *range, const struct migration *migration,
                  int *ret)
{
        const char *since = migration->manifest->since;

        if (!since) {
                *ret = version_range_locate(range, migration->version);
                return 0;
        }
        if (version_range_locate_package_version(range, since, ret) < 0)
                return error_setf(planner->error, -EBADMSG, "%s: \"since\" is no package version: %s", migration->path,
                                  since);
        return 0;
}

/* Whether a migration that lies behind from came after the history began. */
static int is_late(const struct planner *planner, const struct migration *migration)
{
        int where, r;

        if (!planner->has_history)
                return false;
        r = locate(planner, &planner->history, migration, &where);
        return r < 0 ? r : where >= 0;
}

/* Returns: 1 when @step, whose state it fills in, belongs into the plan, 0 when it doesn't, or -EBADMSG. */
static int judge(const struct planner *planner, struct plan_step *step)
{
        int where, r;

        r = locate(planner, planner->range, step->migration, &where);
        if (r < 0)
                return r;

        step->in_range = where == 0;
        step->state = record_to_state(step->record);
        if (is_settled(step->record))
                return 1;
        if (step->migration->masked) {
                step->state = DMIG_STATE_SKIPPED;
                return step->in_range;
        }
        if (where >= 0)
                return step->in_range;
        step->state = DMIG_STATE_OUT_OF_ORDER;
        return is_late(planner, step->migration);
}

static bool is_pending(const struct plan_step *step)
{
        return step->in_range && (step->state == DMIG_STATE_PENDING || step->state == DMIG_STATE_FAILED ||
                                  step->state == DMIG_STATE_POSTPONED || step->state == DMIG_STATE_GAVE_UP);
}

static int add_migrations(const struct planner *planner)
{
        struct plan *plan = planner->plan;

        for (size_t i = 0; i < planner->catalog->n_migrations; i++) {
                const struct migration *migration = &planner->catalog->migrations[i];
                struct plan_step step = {
                        .id = migration->id,
                        .migration = migration,
                        .record = history_state_find(planner->state, migration->id),
                };
                int r;

                r = judge(planner, &step);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                plan->steps[plan->n_steps++] = step;
                plan->n_pending += is_pending(&step);
        }
        return 0;
}

static void add_missing(const struct planner *planner)
{
        struct plan *plan = planner->plan;

        for (size_t i = 0; i < planner->state->n_records; i++) {
                const struct record *record = planner->state->records[i];

                if (record->state != RECORD_APPLIED && record->state != RECORD_SATISFIED)
                        continue;
                if (catalog_find(planner->catalog, record->id))
                        continue;
                plan->steps[plan->n_steps++] = (struct plan_step){
                        .id = record->id,
                        .record = record,
                        .state = DMIG_STATE_MISSING,
                };
        }
}

static int init_history(struct planner *planner)
{
        const struct history_state *state = planner->state;
        int r;

        if (!state->origin)
                return 0;
        r = version_range_init(&planner->history, state->origin, state->from, planner->error);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        planner->has_history = true;
        return 0;
}

int plan_make(const struct catalog *catalog, const struct history_state *state, const struct version_range *range,
              struct plan *ret, struct error *error)
{
        _cleanup_(plan_done) struct plan plan = { 0 };
        _cleanup_(planner_done) struct planner planner = {
                .catalog = catalog,
                .state = state,
                .range = range,
                .plan = &plan,
                .error = error,
        };
        int r;

        plan.steps = calloc(catalog->n_migrations + state->n_records + 1, sizeof(*plan.steps));
        if (!plan.steps)
                return -ENOMEM;
        r = init_history(&planner);
        if (r < 0)
                return r;
        r = add_migrations(&planner);
        if (r < 0)
                return r;
        add_missing(&planner);

        *ret = plan;
        plan = (struct plan){ 0 };
        return 0;
}

void plan_done(struct plan *plan)
{
        free(plan->steps);
        *plan = (struct plan){ 0 };
}
