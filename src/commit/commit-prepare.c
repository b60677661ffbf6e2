/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first half of a commit. In: changes and their stage. Changes that can't be committed are refused, slots are filled, and the redo log
 * is written. Out: a redo log and slots that are durable.
 */

#include "commit/census.h"
#include "commit/commit-check.h"
#include "commit/commit-fill.h"
#include "commit/commit-plan.h"
#include "fs/beneath.h"
#include "redo/redo-file.h"

#include <stdio.h>

/* ---- Areas ---- */

static bool redo_changes_area(const struct redo *redo, size_t area)
{
        for (size_t i = 0; i < redo->changes.n; i++)
                if (redo->changes.changes[i].area == area)
                        return true;
        return false;
}

static int preparation_add_area(struct preparation *p, size_t i)
{
        const struct area *area = &p->stage->areas->areas[i];
        struct redo_area made = { 0 };
        int reachable, memory, r = 0;

        reachable = commit_is_reachable(p->place, area->fd);
        memory = reachable == 0 ? commit_is_in_memory(area->fd) : 0; /* else our own state vanishes, too */
        if (reachable < 0 || memory < 0)
                return reachable < 0 ? reachable : memory;
        made.path = strdup(area->path + strlen(p->place->root->path));
        if (!made.path)
                return -ENOMEM;
        if (!reachable && redo_changes_area(p->redo, i))
                r = commit_name_hold(p->place->package, &made.hold);
        if (r < 0) {
                free(made.path);
                return r;
        }
        made.memory = memory > 0;
        return redo_add_area(p->redo, &made);
}

static int preparation_open_slots(struct preparation *p, struct error *error)
{
        p->images = beneath_make_directories(p->place->dir, SLOTS_DIR);
        if (p->images < 0)
                return error_errnof(error, p->images, "can't create %s/" SLOTS_DIR, p->place->path);
        for (size_t i = 0; i < p->redo->n_areas; i++) {
                const struct area *area = &p->stage->areas->areas[i];
                int r;

                if (!redo_changes_area(p->redo, i))
                        continue;
                p->slots[i] = commit_make_slots(p->place, p->redo, i);
                r = p->slots[i] < 0 ? p->slots[i] : links_new(&p->links[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't stage changes of %s", area->path);
                r = commit_check_hold(p, i, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The header and the areas of another log; borrows all of it. */
static struct redo redo_borrow_head(const struct redo *redo)
{
        return (struct redo){ .id = redo->id,
                              .sha256 = redo->sha256,
                              .run = redo->run,
                              .from = redo->from,
                              .areas = redo->areas,
                              .n_areas = redo->n_areas };
}

/* Before the first hold is made, holds.jsonl says where they will be, so that recovery can remove them. */
static int preparation_make_areas(struct preparation *p, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->stage->areas->n; i++)
                r = preparation_add_area(p, i);
        if (r >= 0 && redo_has_holds(p->redo)) {
                const struct redo holds = redo_borrow_head(p->redo);

                r = redo_write(&holds, p->place->dir, HOLDS_FILE);
        }
        if (r < 0)
                return error_errnof(error, r, "can't write %s/" HOLDS_FILE, p->place->path);
        return preparation_open_slots(p, error);
}

static int preparation_write_census(const struct preparation *p, struct error *error)
{
        struct redo census = redo_borrow_head(p->redo);
        int r;

        r = census_take(p, &census, error);
        if (r >= 0) {
                r = redo_write_unsynced(&census, p->place->dir, CENSUS_FILE);
                if (r < 0)
                        error_errnof(error, r, "can't write %s/" CENSUS_FILE, p->place->path);
        }
        for (size_t i = 0; i < census.n_census; i++)
                redo_census_done(&census.census[i]);
        free(census.census);
        return r;
}

/* ---- Durability ---- */

/* Syncs the slots, and the redo log with them: it isn't used before the history has the "committing" event. */
static int preparation_sync(const struct preparation *p, struct error *error)
{
        int r = beneath_sync(p->place->dir);

        for (size_t i = 0; r >= 0 && i < p->redo->n_areas; i++)
                if (p->redo->areas[i].hold)
                        r = beneath_sync(p->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't sync the stage") : 0;
}

int commit_prepare(const struct commit_place *place, const struct stage *stage, struct redo *redo, struct error *error)
{
        _cleanup_(preparation_done) struct preparation p = { .images = -EBADF };
        int r;

        assert(place && place->dir >= 0 && stage && redo);
        r = preparation_init(&p, place, stage, redo);
        if (r >= 0)
                r = preparation_make_areas(&p, error);
        if (r >= 0)
                r = commit_plan(&p, error);
        if (r >= 0)
                r = commit_fill(&p, error);
        if (r >= 0)
                r = commit_check_metas(&p, error);
        if (r >= 0)
                r = preparation_write_census(&p, error);
        if (r < 0)
                return r;
        r = redo_write_unsynced(redo, place->dir, REDO_FILE);
        if (r < 0)
                return error_errnof(error, r, "can't write %s/" REDO_FILE, place->path);
        return preparation_sync(&p, error);
}
