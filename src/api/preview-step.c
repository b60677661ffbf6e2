/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/preview-step.h"

#include "api/phase.h"
#include "basic/clock.h"
#include "fs/beneath.h"
#include "fs/diff.h"

#include <fcntl.h>
#include <stdio.h>

/* ---- What would change ---- */

/* Where the stage and what lies below it have the file that changed. */
struct sides {
        const struct trial *trial;
        const struct changes_request *request;
        struct error *error;
};

static bool has_other_content(const struct change *change)
{
        return change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE;
}

/* Nothing is opened but a regular file. */
static int open_regular(int dir, const char *path, const struct stat *st, int *ret)
{
        if (S_ISREG(st->st_mode))
                *ret = below_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        return S_ISREG(st->st_mode) && *ret < 0 ? *ret : 0;
}

static int add_diff(const struct sides *sides, const struct change *change, struct dmig_file *file)
{
        const char *path_before = change_old_path(change);
        _cleanup_close_ int before = -EBADF, after = -EBADF;
        int r;

        if (!has_other_content(change))
                return 0;
        r = open_regular(sides->request->lower, path_before, &change->before, &before);
        if (r >= 0)
                r = open_regular(sides->request->upper, change->path, &change->after, &after);
        if (r < 0)
                return error_errnof(sides->error, r, "can't open %s", file->path);
        if (before < 0 && after < 0)
                return 0;
        return diff_make(
                &(const struct diff){
                        .before = before, .after = after, .path = file->path, .stop_fd = sides->trial->ctx->stop_fd },
                &file->diff, sides->error);
}

/* As the caller sees it: below the root directory. */
static const char *path_below_root(const struct trial *trial, const char *path)
{
        const char *below = startswith(path, trial->ctx->root.path);

        return below ? below : path;
}

static int add_files(const struct sides *sides, const struct changes *changes, struct dmig_files *files)
{
        const char *root = path_below_root(sides->trial, sides->request->area->path);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                r = files_add_change(files, root, &changes->changes[i]);
                if (r > 0)
                        r = add_diff(sides, &changes->changes[i], &files->files[files->n - 1]);
        }
        return r;
}

static int read_area(const struct trial *trial, size_t i, struct dmig_files *files, struct error *error)
{
        const struct stage *stage = trial->stage;
        _cleanup_(changes_done) struct changes changes = { 0 };
        _cleanup_close_ int lower = -EBADF;
        struct changes_request request = {
                .area = &stage->areas->areas[i],
                .number = i,
                .upper = stage->uppers[i],
                .begin = stage->begin,
        };
        int r;

        request.lower = lower = stage_open_lower(stage, i, error);
        r = lower < 0 ? lower : changes_read(&request, &changes, error);
        return r < 0 ? r : add_files(&(const struct sides){ trial, &request, error }, &changes, files);
}

static int read_files(const struct trial *trial, struct dmig_step *step, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < trial->areas->n; i++)
                r = read_area(trial, i, step->files, error);
        step->changes = (int64_t)step->files->n;
        return r < 0 ? r : 0;
}

/* ---- The phases ---- */

static int fail(const struct trial *trial, const char *reason, struct dmig_step *step)
{
        char space[STAGE_SPACE_MAX] = "";

        if (trial->stage)
                stage_explain_space(trial->stage, space, sizeof(space));
        step->state = DMIG_STATE_FAILED;
        step->files = files_free(step->files);
        if (asprintf(&step->error, "%s%s", reason, space) < 0) {
                step->error = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* Returns: 1 when the next phase is due, 0 when the trial is over, or a negative errno. */
static int conclude_phase(const struct trial *trial, const struct ending *ending, struct dmig_step *step)
{
        switch (ending->outcome) {
        case OUTCOME_TRUE:
        case OUTCOME_FALSE:
                return 1;
        case OUTCOME_STOPPED:
                return -ECANCELED;
        case OUTCOME_POSTPONED:
                step->state = DMIG_STATE_POSTPONED;
                return 0;
        default:
                return fail(trial, ending->reason, step);
        }
}

/* Returns: as conclude_phase(), with whether it said True in @ret_true. */
static int do_phase(const struct trial *trial, bool migrate, bool *ret_true, struct dmig_step *step)
{
        const struct plan_step *planned = trial->planned;
        const struct manifest *manifest = planned->migration->manifest;
        struct phase phase = {
                .ctx = trial->ctx,
                .package = trial->survey->request.package,
                .upgrade = &trial->survey->upgrade,
                .migration = planned->migration,
                .stage = trial->stage ? trial->stage : trial->below,
                .lock_fd = trial->lock_fd,
                .number = planned->record ? planned->record->failures + 1 : 1,
                .name = migrate ? "migrate" : "check",
                .migrate = migrate,
                .timeout_sec = migrate ? manifest->timeout_sec : manifest->check_timeout_sec,
        };
        _cleanup_(ending_done) struct ending ending = { 0 };
        int r;

        r = phase_run(&phase, &ending);
        if (r < 0)
                return r;
        *ret_true = ending.outcome == OUTCOME_TRUE;
        return conclude_phase(trial, &ending, step);
}

static int make_stage(struct trial *trial, struct error *error)
{
        const struct manifest *manifest = trial->planned->migration->manifest;
        char name[24];
        int r;

        r = areas_declare(trial->areas, &trial->ctx->root, manifest->writes, error);
        if (r < 0)
                return r;
        snprintf(name, sizeof(name), "%zu", trial->number);
        return stage_new(trial->dir, name, trial->areas, trial->below, &trial->stage, error);
}

static int migrate(struct trial *trial, struct dmig_step *step, struct error *error)
{
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        bool effect;
        int r;

        r = make_stage(trial, error);
        if (r < 0)
                return r;
        r = do_phase(trial, true, &effect, step);
        step->duration_ms = (int64_t)((now_usec(CLOCK_MONOTONIC) - begin) / USEC_PER_MSEC);
        if (r > 0)
                r = do_phase(trial, false, &effect, step);
        if (r <= 0)
                return r;
        if (!effect)
                return fail(trial, PHASE_REFUTED, step);
        return read_files(trial, step, error);
}

static int run_phases(struct trial *trial, struct dmig_step *step, struct error *error)
{
        bool effect;
        int r;

        r = do_phase(trial, false, &effect, step);
        if (r <= 0 || (!effect && trial->planned->migration->manifest->unrestricted))
                return r;
        r = files_new(&step->files);
        if (r < 0 || !effect)
                return r < 0 ? r : migrate(trial, step, error);
        step->state = DMIG_STATE_SATISFIED;
        return 0;
}

/* What can't be staged, or was changed where that isn't allowed, is the migration's failure. */
int trial_run(struct trial *trial, struct dmig_step *step, struct error *error)
{
        int r;

        if (context_is_stopped(trial->ctx))
                return error_setf(error, -ECANCELED, "stopped before all migrations were tried");
        r = run_phases(trial, step, error);
        if (r == -ECANCELED)
                return error_setf(error, r, "stopped in %s; nothing was changed", step->id);
        if (r < 0 && r != -ENOMEM)
                return fail(trial, error_text(error), step);
        return r < 0 ? r : 0;
}
