/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/plan.h"

struct planner {
        struct plan_request request;
        struct version_range history; /* from the origin to the version that the data is at */
        bool has_history;
        struct plan *plan;
        struct error *error;
};

static void planner_done(struct planner *planner)
{
        version_range_done(&planner->history);
}

/* A baseline below it, after it was applied, is about data from before: as if it had never run. */
static void step_forget_reopened(struct plan_step *step)
{
        if (step->in_range && step->record && step->record->reopened)
                step->record = NULL;
}

static bool record_is_settled(const struct record *record)
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

static int planner_locate(const struct planner *planner, const struct version_range *range,
                          const struct migration *migration, int *ret)
{
        const char *since = migration->manifest->since;

        if (!since) {
                *ret = version_range_locate(range, migration->version);
                return 0;
        }
        if (version_range_locate_package_version(range, since, ret) < 0)
                return error_setf(planner->error, -EBADMSG, "%s: \"since\" is not a package version: %s",
                                  migration->path, since);
        return 0;
}

/* Whether a migration at or below from is above the origin. */
static int planner_is_late(const struct planner *planner, const struct migration *migration)
{
        int where, r;

        if (!planner->has_history)
                return false;
        r = planner_locate(planner, &planner->history, migration, &where);
        return r < 0 ? r : where >= 0;
}

/* Fills in the state of @step. Returns: 1 if it belongs in the plan, 0 if it doesn't, or -EBADMSG. */
static int planner_judge(const struct planner *planner, struct plan_step *step)
{
        int where, r;

        r = planner_locate(planner, planner->request.range, step->migration, &where);
        if (r < 0)
                return r;

        step->in_range = where == 0;
        step_forget_reopened(step);
        step->state = record_to_state(step->record);
        if (record_is_settled(step->record))
                return 1;
        if (step->migration->masked) {
                step->state = DMIG_STATE_SKIPPED;
                return step->in_range;
        }
        if (where >= 0)
                return step->in_range;
        step->state = DMIG_STATE_OUT_OF_ORDER;
        return planner_is_late(planner, step->migration);
}

static bool step_is_pending(const struct plan_step *step)
{
        return step->in_range && (step->state == DMIG_STATE_PENDING || step->state == DMIG_STATE_FAILED ||
                                  step->state == DMIG_STATE_POSTPONED || step->state == DMIG_STATE_GAVE_UP);
}

/* Returns: the text that a step asks to agree to, or NULL. */
static const char *planner_find_consent(const struct planner *planner, const struct plan_step *step)
{
        const char *text = step->migration->manifest->consent;
        /* That of one that was reopened, too. */
        const struct record *record = history_state_find(planner->request.state, step->id);

        if (!text || !step_is_pending(step) || consents_have(planner->request.consents, step->id) ||
            (record && record_has_consent(record, text)))
                return NULL;
        return text;
}

static int planner_add_migrations(const struct planner *planner)
{
        struct plan *plan = planner->plan;

        for (size_t i = 0; i < planner->request.catalog->n_migrations; i++) {
                const struct migration *migration = &planner->request.catalog->migrations[i];
                struct plan_step step = {
                        .id = migration->id,
                        .migration = migration,
                        .record = history_state_find(planner->request.state, migration->id),
                };
                int r;

                r = planner_judge(planner, &step);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                step.consent = planner_find_consent(planner, &step);
                plan->steps[plan->n_steps++] = step;
                plan->n_pending += step_is_pending(&step);
        }
        return 0;
}

static void planner_add_missing(const struct planner *planner)
{
        struct plan *plan = planner->plan;

        for (size_t i = 0; i < planner->request.state->n_records; i++) {
                const struct record *record = planner->request.state->records[i];

                if (record->state != RECORD_APPLIED && record->state != RECORD_SATISFIED)
                        continue;
                if (catalog_find(planner->request.catalog, record->id))
                        continue;
                plan->steps[plan->n_steps++] = (struct plan_step){
                        .id = record->id,
                        .record = record,
                        .state = DMIG_STATE_MISSING,
                };
        }
}

static int planner_init_history(struct planner *planner)
{
        const struct history_state *state = planner->request.state;
        int r;

        if (!state->origin)
                return 0;
        r = version_range_init(&planner->history, state->origin, state->from, planner->error);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        planner->has_history = true;
        return 0;
}

int plan_make(const struct plan_request *request, struct plan *ret, struct error *error)
{
        _cleanup_(plan_done) struct plan plan = { 0 };
        _cleanup_(planner_done) struct planner planner = {
                .request = *request,
                .plan = &plan,
                .error = error,
        };
        int r;

        assert(request->catalog);
        assert(request->state);
        assert(request->range);
        assert(request->consents);

        plan.steps = calloc(request->catalog->n_migrations + request->state->n_records + 1, sizeof(*plan.steps));
        if (!plan.steps)
                return -ENOMEM;
        r = planner_init_history(&planner);
        if (r < 0)
                return r;
        r = planner_add_migrations(&planner);
        if (r < 0)
                return r;
        planner_add_missing(&planner);

        *ret = plan;
        plan = (struct plan){ 0 };
        return 0;
}

void plan_done(struct plan *plan)
{
        free(plan->steps);
        *plan = (struct plan){ 0 };
}
