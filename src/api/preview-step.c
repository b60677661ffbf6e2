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
        const struct preview_step *preview;
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
                *ret = beneath_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
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
                        .before = before, .after = after, .path = file->path, .stop_fd = sides->preview->ctx->stop_fd },
                &file->diff, sides->error);
}

/* As the caller sees it: below the root directory. */
static const char *path_below_root(const struct preview_step *preview, const char *path)
{
        const char *below = str_startswith(path, preview->ctx->root.path);

        return below ? below : path;
}

static int add_files(const struct sides *sides, const struct changes *changes, struct dmig_files *files)
{
        const char *root = path_below_root(sides->preview, sides->request->area->path);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                r = files_add_change(files, root, &changes->changes[i]);
                if (r > 0)
                        r = add_diff(sides, &changes->changes[i], &files->files[files->n - 1]);
        }
        return r;
}

static int read_area(const struct preview_step *preview, size_t i, struct dmig_files *files, struct error *error)
{
        const struct stage *stage = preview->stage;
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
        return r < 0 ? r : add_files(&(const struct sides){ preview, &request, error }, &changes, files);
}

static int read_files(const struct preview_step *preview, struct dmig_step *step, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < preview->areas->n; i++)
                r = read_area(preview, i, step->files, error);
        step->changes = (int64_t)step->files->n;
        return r < 0 ? r : 0;
}

/* ---- The phases ---- */

static int fail(const struct preview_step *preview, const char *reason, struct dmig_step *step)
{
        char space[STAGE_SPACE_MAX] = "";

        if (preview->stage)
                stage_explain_space(preview->stage, space, sizeof(space));
        step->state = DMIG_STATE_FAILED;
        step->files = files_free(step->files);
        if (asprintf(&step->error, "%s%s", reason, space) < 0) {
                step->error = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* Returns: 1 when the next phase is due, 0 when the trial is over, or a negative errno. */
static int conclude_phase(const struct preview_step *preview, const struct ending *ending, struct dmig_step *step)
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
                return fail(preview, ending->reason, step);
        }
}

/* Returns: as conclude_phase(), with whether it said True in @ret_true. */
static int do_phase(const struct preview_step *preview, bool migrate, bool *ret_true, struct dmig_step *step)
{
        const struct plan_step *planned = preview->planned;
        const struct manifest *manifest = planned->migration->manifest;
        struct phase phase = {
                .ctx = preview->ctx,
                .package = preview->pkg->request.package,
                .upgrade = &preview->pkg->upgrade,
                .migration = planned->migration,
                .stage = preview->stage ? preview->stage : preview->below,
                .lock_fd = preview->lock_fd,
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
        return conclude_phase(preview, &ending, step);
}

static int make_stage(struct preview_step *preview, struct error *error)
{
        const struct manifest *manifest = preview->planned->migration->manifest;
        char name[24];
        int r;

        r = areas_declare(preview->areas, &preview->ctx->root, manifest->writes.list, error);
        if (r < 0)
                return r;
        snprintf(name, sizeof(name), "%zu", preview->number);
        return stage_new(preview->dir, name, preview->areas, preview->below, &preview->stage, error);
}

static int migrate(struct preview_step *preview, struct dmig_step *step, struct error *error)
{
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        bool effect;
        int r;

        r = make_stage(preview, error);
        if (r < 0)
                return r;
        r = do_phase(preview, true, &effect, step);
        step->duration_ms = (int64_t)((now_usec(CLOCK_MONOTONIC) - begin) / USEC_PER_MSEC);
        if (r > 0)
                r = do_phase(preview, false, &effect, step);
        if (r <= 0)
                return r;
        if (!effect)
                return fail(preview, PHASE_REFUTED, step);
        return read_files(preview, step, error);
}

static int run_phases(struct preview_step *preview, struct dmig_step *step, struct error *error)
{
        bool effect;
        int r;

        r = do_phase(preview, false, &effect, step);
        if (r <= 0 || (!effect && preview->planned->migration->manifest->unrestricted))
                return r;
        r = files_new(&step->files);
        if (r < 0 || !effect)
                return r < 0 ? r : migrate(preview, step, error);
        step->state = DMIG_STATE_SATISFIED;
        return 0;
}

/* What can't be prepared, or was changed where that isn't allowed, is the migration's failure. */
int preview_step_run(struct preview_step *preview, struct dmig_step *step, struct error *error)
{
        int r;

        if (context_is_stopped(preview->ctx))
                return error_setf(error, -ECANCELED, "stopped before all migrations were tried");
        r = run_phases(preview, step, error);
        if (r == -ECANCELED)
                return error_setf(error, r, "stopped in %s; nothing was changed", step->id);
        if (r < 0 && r != -ENOMEM)
                return fail(preview, error_text(error), step);
        return r < 0 ? r : 0;
}
