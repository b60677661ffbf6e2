/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/preview-step.h"

#include "changes/changes-space.h"
#include "changes/changes-stage.h"
#include "fs/beneath.h"
#include "fs/diff.h"
#include "phase/phases.h"
#include "transaction/transaction.h"

#include <fcntl.h>
#include <stdio.h>

/* ---- What would change ---- */

/* The two sides of a change: the stage, and the layer below it. */
struct sides {
        const struct root *root;
        int stop_fd;
        const struct changes_request *request;
        struct error *error;
};

static bool change_has_content(const struct change *change)
{
        return change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE;
}

/* Opens nothing but a regular file. */
static int regular_file_open(int dir, const char *path, const struct stat *st, int *ret)
{
        if (S_ISREG(st->st_mode))
                *ret = beneath_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        return S_ISREG(st->st_mode) && *ret < 0 ? *ret : 0;
}

static int sides_add_diff(const struct sides *sides, const struct change *change, struct dmig_file *file)
{
        const char *path_before = change_old_path(change);
        _cleanup_close_ int before = -EBADF, after = -EBADF;
        int r;

        if (!change_has_content(change))
                return 0;
        r = regular_file_open(sides->request->lower, path_before, &change->before, &before);
        if (r >= 0)
                r = regular_file_open(sides->request->upper, change->path, &change->after, &after);
        if (r < 0)
                return error_errnof(sides->error, r, "can't open %s", file->path);
        if (before < 0 && after < 0)
                return 0;
        return diff_make(
                &(const struct diff){ .before = before, .after = after, .path = file->path, .stop_fd = sides->stop_fd },
                &file->diff, sides->error);
}

/* The path of the area as the caller knows it: without the root before it. */
static const char *sides_get_path(const struct sides *sides)
{
        const char *path = sides->request->area->path, *below = str_startswith(path, sides->root->path);

        return below ? below : path;
}

static int sides_add_files(const struct sides *sides, const struct changes *changes, struct dmig_files *files)
{
        const char *path = sides_get_path(sides);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                r = files_add_change(files, path, &changes->changes[i]);
                if (r > 0)
                        r = sides_add_diff(sides, &changes->changes[i], &files->files[files->n - 1]);
        }
        return r;
}

/* The changes of the area @i, which follow each other. */
static struct changes changes_of_area(const struct changes *changes, size_t i)
{
        struct changes part = { 0 };

        for (size_t j = 0; j < changes->n; j++)
                if (changes->changes[j].area == i && part.n++ == 0)
                        part.changes = &changes->changes[j];
        return part;
}

static int preview_step_add_area(const struct preview_step *preview, const struct changes *changes, size_t i,
                                 struct error *error)
{
        const struct stage *stage = preview->stage;
        const struct changes part = changes_of_area(changes, i);
        struct changes_request request = { .area = &stage->areas->areas[i], .upper = stage->uppers[i] };
        _cleanup_close_ int lower = -EBADF;

        if (part.n == 0)
                return 0;
        request.lower = lower = stage_open_lower(stage, i, error);
        if (lower < 0)
                return lower;
        return sides_add_files(&(const struct sides){ .root = &preview->ctx->root,
                                                      .stop_fd = preview->ctx->stop_fd,
                                                      .request = &request,
                                                      .error = error },
                               &part, preview->step->files);
}

static int preview_step_read_files(const struct preview_step *preview, struct error *error)
{
        _cleanup_(changes_done) struct changes changes = { 0 };
        int r;

        r = changes_read_stage(preview->stage, &preview->ctx->root, &changes, error);
        if (r >= 0)
                r = changes_check_space(preview->stage, &changes, error);
        if (r >= 0)
                r = changes_note_renames(&changes, preview->stage);
        for (size_t i = 0; r >= 0 && i < preview->areas->n; i++)
                r = preview_step_add_area(preview, &changes, i, error);
        preview->step->changes = (int64_t)preview->step->files->n;
        preview->step->notices = strv_move(&changes.notices);
        return r;
}

/* ---- The phases ---- */

static int preview_step_fail(const struct preview_step *preview, const char *reason)
{
        struct dmig_step *step = preview->step;

        step->state = DMIG_STATE_FAILED;
        step->files = files_free(step->files);
        return str_replace(&step->error, reason);
}

/* The same for a reason that may be a lack of space. */
static int preview_step_fail_unstaged(const struct preview_step *preview, const char *reason)
{
        _cleanup_free_ char *whole = NULL;
        char space[STAGE_SPACE_MAX] = "";

        if (preview->stage)
                stage_explain_space(preview->stage, space, sizeof(space));
        if (asprintf(&whole, "%s%s", reason, space) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        return preview_step_fail(preview, whole);
}

/* Notes how the last phase ended, which the step ends with. Returns: 0 or a negative errno. */
static int preview_step_conclude(const struct preview_step *preview, const struct ending *ending)
{
        switch (ending->outcome) {
        case OUTCOME_STOPPED:
                return -ECANCELED;
        case OUTCOME_POSTPONED:
                preview->step->state = DMIG_STATE_POSTPONED;
                return 0;
        default:
                return preview_step_fail(preview, ending->reason);
        }
}

static struct phase preview_step_get_phase(const struct preview_step *preview)
{
        const struct plan_step *planned = preview->planned;

        return (struct phase){
                .ctx = preview->ctx,
                .package = preview->pkg->request.package,
                .upgrade = &preview->pkg->upgrade,
                .migration = planned->migration,
                .stage = preview->stage ? preview->stage : preview->below,
                .state = preview->dir,
                .lock_fd = preview->lock_fd,
                .running = preview->running,
                .checks = preview->checks,
                .number = planned->record ? planned->record->failures + 1 : 1,
        };
}

static int preview_step_make_stage(struct preview_step *preview, struct error *error)
{
        const struct stage_declaration declaration = {
                .below = preview->below,
                .areas = preview->areas,
                .root = &preview->ctx->root,
                .writes = preview->planned->migration->manifest->writes.list,
        };
        char name[24];
        int r;

        r = stage_declare(&declaration, error);
        if (r < 0)
                return r;
        snprintf(name, sizeof(name), "%zu", preview->number);
        r = stage_new(
                &(struct stage_request){
                        .state = preview->dir, .name = name, .areas = preview->areas, .below = preview->below },
                &preview->stage, error);
        return r < 0 ? r : transaction_try_stage(preview->ctx, preview->pkg->request.package, preview->stage, error);
}

static int preview_step_migrate(struct preview_step *preview, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { 0 };
        struct phase phase;
        int r;

        r = preview_step_make_stage(preview, error);
        if (r < 0)
                return r;
        phase = preview_step_get_phase(preview);
        r = phases_migrate(&phase, &preview->step->duration_ms, &ending);
        if (r < 0)
                return r;
        return ending.outcome == OUTCOME_TRUE ? preview_step_read_files(preview, error)
                                              : preview_step_conclude(preview, &ending);
}

/* Neither may migrate run if it would change the system, nor check if it could change what a socket leads to, nor either without its programs. */
static bool preview_step_can_check(const struct preview_step *preview)
{
        const struct manifest *manifest = preview->planned->migration->manifest;

        return (preview->unpacked || !manifest->needs_package) && (preview->reach_out || manifest->connect.n == 0);
}

static bool preview_step_can_migrate(const struct preview_step *preview)
{
        const struct manifest *manifest = preview->planned->migration->manifest;

        return !manifest->unrestricted && (preview->reach_out || !manifest_reaches_out(manifest));
}

/* The step of a migration that can't be tried stays pending, without files. */
static int preview_step_run_phases(struct preview_step *preview, struct error *error)
{
        _cleanup_(ending_done) struct ending ending = { 0 };
        struct phase phase = preview_step_get_phase(preview);
        int r;

        if (!preview_step_can_check(preview))
                return 0;
        r = phases_check(&phase, &ending, error);
        if (r < 0)
                return r;
        if (ending.outcome != OUTCOME_TRUE && ending.outcome != OUTCOME_FALSE)
                return preview_step_conclude(preview, &ending);
        if (ending.outcome == OUTCOME_FALSE && !preview_step_can_migrate(preview))
                return 0;
        r = files_new(&preview->step->files);
        if (r < 0)
                return r;
        if (ending.outcome == OUTCOME_FALSE)
                return preview_step_migrate(preview, error);
        preview->step->state = DMIG_STATE_SATISFIED;
        return 0;
}

/* If a stage can't be made, or has a change that isn't allowed, that is the migration's failure. */
int preview_step_run(struct preview_step *preview, struct error *error)
{
        int r;

        assert(preview->ctx);
        assert(preview->step);

        if (context_is_stopped(preview->ctx))
                return error_setf(error, -ECANCELED, "stopped before all migrations were tried");
        r = preview_step_run_phases(preview, error);
        if (r == -ECANCELED)
                return error_setf(error, r, "stopped in %s; nothing was changed", preview->step->id);
        if (r < 0 && !error_is_mute(error, error_complete(error, r)))
                return preview_step_fail_unstaged(preview, error_text(error));
        return r < 0 ? r : 0;
}
