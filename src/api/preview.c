/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_preview(): what a run would change. In: the caller's request. The steps: lock and plan as for a run, then one migration after the
 * other, each in a stage above those before it, until one isn't done. Out: a report with the files that each would change. The stages are
 * removed, and the history isn't touched.
 */

#include "api/preview-step.h"
#include "fs/beneath.h"
#include "package/package.h"
#include "phase/reach.h"
#include "phase/world.h"
#include "transaction/data-mounts.h"
#include "transaction/prepared.h"
#include "transaction/transaction.h"

#include <fcntl.h>
#include <sys/stat.h>

struct preview {
        struct dmig *ctx;
        struct package *pkg;
        struct dmig_report *report;
        int lock_fd;
        struct running running;
        struct world checks;
        int base;              /* STATE_DIR */
        bool made_base;        /* it didn't exist before */
        int state;             /* the package's directory in it */
        int dir;               /* of the stages */
        struct areas *areas;   /* of all migrations together */
        struct stage **stages; /* room for one a migration */
        size_t n_stages;
};

/* ---- The directories ---- */

static int preview_open_base(struct preview *preview)
{
        const struct root *root = &preview->ctx->root;

        preview->base = root_open(root, STATE_DIR, O_RDONLY | O_DIRECTORY);
        if (preview->base != -ENOENT)
                return preview->base;
        preview->base = root_open_mkdirs(root, STATE_DIR);
        preview->made_base = preview->base >= 0;
        return preview->base;
}

static int preview_make_directories(struct preview *preview)
{
        int r = preview_open_base(preview);

        preview->stages = calloc(preview->pkg->plan.n_pending, sizeof(struct stage *));
        if (r < 0 || !preview->stages)
                return r < 0 ? r : -ENOMEM;
        preview->state = beneath_make_directories(preview->base, preview->pkg->request.package);
        if (preview->state < 0)
                return preview->state;
        r = beneath_remove(preview->state, PREVIEW_DIR); /* of a preview that was killed */
        if (r < 0)
                return r;
        preview->dir = beneath_make_directories(preview->state, PREVIEW_DIR);
        return preview->dir < 0 ? preview->dir : 0;
}

static int preview_open_stages(struct preview *preview, struct error *error)
{
        int r = preview_make_directories(preview);

        return r < 0 ? error_errnof(error, r, "can't make %s" STATE_DIR "/%s/" PREVIEW_DIR, preview->ctx->root.path,
                                    preview->pkg->request.package)
                     : 0;
}

static void preview_remove_base(struct preview *preview)
{
        _cleanup_close_ int parent = openat(preview->base, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (parent >= 0)
                (void)unlinkat(parent, strrchr(STATE_DIR, '/') + 1, AT_REMOVEDIR);
}

/* Directories that are empty then go, too: those of a package without a history. */
static int preview_remove_stages(struct preview *preview)
{
        int r;

        if (preview->state < 0)
                return 0;
        r = beneath_remove(preview->state, PREVIEW_DIR);
        (void)unlinkat(preview->base, preview->pkg->request.package, AT_REMOVEDIR);
        if (preview->made_base)
                preview_remove_base(preview);
        close(TAKE_FD(preview->state));
        return r;
}

/* That the stages still have their directories open doesn't keep these from being removed. */
static void preview_done(struct preview *preview)
{
        world_done(&preview->checks);
        (void)preview_remove_stages(preview);
        while (preview->n_stages > 0)
                stage_free(preview->stages[--preview->n_stages]);
        free(preview->stages);
        areas_free(preview->areas);
        fd_closep(&preview->dir);
        fd_closep(&preview->base);
        running_done(&preview->running);
        fd_closep(&preview->lock_fd);
}

/* ---- The migrations ---- */

/* Drops what earlier runs have left in the report. */
static void step_reset(struct dmig_step *step)
{
        step->state = DMIG_STATE_PENDING;
        step->duration_ms = step->changes = -1;
        free(TAKE_PTR(step->error));
}

static int preview_explain_reach(struct dmig_report *report, const struct migration *migration)
{
        _cleanup_free_ char *reach = NULL;
        int r;

        r = reach_describe(migration->manifest, &reach);
        if (r < 0)
                return r;
        return report_set_errorf(
                report, DMIG_RESULT_PENDING,
                "%s reaches out (%s), so neither it nor what comes after it was run; 'preview --reach-out' runs it, with effects there that stay",
                migration->id, reach);
}

/* Why a migration that is due couldn't be tried. */
static int preview_explain_untried(const struct preview *preview, const struct migration *migration)
{
        struct dmig_report *report = preview->report;

        if (migration->manifest->needs_package && preview->pkg->request.flags & DMIG_NOT_UNPACKED)
                return report_set_errorf(
                        report, DMIG_RESULT_PENDING,
                        "%s needs programs of the new version (\"needs_package\"): neither it nor what comes after it can be previewed before the package is unpacked",
                        migration->id);
        if (!migration->manifest->unrestricted)
                return preview_explain_reach(report, migration);
        return report_set_errorf(
                report, DMIG_RESULT_PENDING,
                "%s runs directly on the system (\"writes\": \"*\"): neither it nor what comes after it can be previewed",
                migration->id);
}

/* Returns: 1 if the next migration is due, 0 if the package ends here, or -ENOMEM. */
static int preview_conclude_step(const struct preview *preview, const struct migration *migration,
                                 const struct dmig_step *step)
{
        struct dmig_report *report = preview->report;

        if (step->state == DMIG_STATE_FAILED)
                return report_set_errorf(report, DMIG_RESULT_FAILED, "%s would fail: %s", step->id, step->error);
        if (step->state == DMIG_STATE_POSTPONED)
                return report_set_errorf(report, DMIG_RESULT_POSTPONED, "%s asked to be run later", step->id);
        if (!step->files)
                return preview_explain_untried(preview, migration);
        return 1;
}

/* Returns: as preview_conclude_step(), or another negative errno with @error set. */
static int preview_try_step(struct preview *preview, const struct plan_step *planned, struct dmig_step *step,
                            struct error *error)
{
        struct preview_step current = {
                .ctx = preview->ctx,
                .pkg = preview->pkg,
                .planned = planned,
                .reach_out = preview->pkg->request.flags & DMIG_REACH_OUT,
                .unpacked = !(preview->pkg->request.flags & DMIG_NOT_UNPACKED),
                .lock_fd = preview->lock_fd,
                .running = &preview->running,
                .checks = &preview->checks,
                .areas = preview->areas,
                .dir = preview->dir,
                .number = preview->n_stages,
                .step = step,
                .below = preview->n_stages > 0 ? preview->stages[preview->n_stages - 1] : NULL,
        };
        int r;

        r = preview_step_run(&current, error);
        if (current.stage)
                preview->stages[preview->n_stages++] = current.stage;
        return r < 0 ? r : preview_conclude_step(preview, planned->migration, step);
}

/* Tries all that are due; also one that was given up, as a retry would. */
static int preview_try_steps(struct preview *preview, struct error *error)
{
        const struct plan *plan = &preview->pkg->plan;
        struct dmig_step *step = preview->report->steps;
        int r = 1;

        for (size_t i = 0; r >= 0 && i < plan->n_steps; i++) {
                const struct plan_step *planned = &plan->steps[i];

                if (package_is_due(planned))
                        step_reset(step);
                if (package_is_due(planned) && r > 0)
                        r = preview_try_step(preview, planned, step, error);
                step += package_shows(PACKAGE_UPGRADE, planned);
        }
        return r < 0 ? r : 0;
}

/* As a run does, which tries none either: what would be the first one is postponed. */
static int preview_postpone(struct preview *preview, const char *reason)
{
        const struct plan *plan = &preview->pkg->plan;
        struct dmig_step *step = preview->report->steps, *first = NULL;

        for (size_t i = 0; i < plan->n_steps; i++) {
                if (package_is_due(&plan->steps[i])) {
                        step_reset(step);
                        first = first ?: step;
                }
                step += package_shows(PACKAGE_UPGRADE, &plan->steps[i]);
        }
        assert(first);
        first->state = DMIG_STATE_POSTPONED;
        if (str_replace(&first->error, reason) < 0)
                return -ENOMEM;
        return report_set_errorf(preview->report, DMIG_RESULT_POSTPONED, "%s would be postponed: %s", first->id,
                                 reason);
}

/* ---- The package ---- */

/* The paths that all migrations together declare, ended by NULL; the list alone is the caller's. */
static int plan_collect_writes(const struct plan *plan, char ***ret)
{
        _cleanup_free_ char **list = calloc(1, sizeof(*list));
        size_t n = 0;

        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_steps; i++) {
                const struct migration *migration = plan->steps[i].migration;

                if (!package_is_due(&plan->steps[i]))
                        continue;
                for (char **path = migration->manifest->writes.list; path && *path; path++) {
                        char **grown = reallocarray(list, n + 2, sizeof(*list));

                        if (!grown)
                                return -ENOMEM;
                        list = grown;
                        list[n++] = *path;
                        list[n] = NULL;
                }
        }
        *ret = TAKE_PTR(list);
        return 0;
}

static int preview_make_areas(struct preview *preview, struct error *error)
{
        _cleanup_free_ char **writes = NULL;
        int r;

        r = plan_collect_writes(&preview->pkg->plan, &writes);
        return r < 0 ? r : areas_new(&preview->ctx->root, writes, &preview->areas, error);
}

static int preview_do_upgrade(struct preview *preview, struct error *error)
{
        _cleanup_free_ char *reason = NULL;
        int r;

        if (preview->pkg->upgrade.result != DMIG_RESULT_PENDING || preview->pkg->plan.n_pending == 0)
                return 0;
        r = data_await_mounts(preview->pkg, &reason, error);
        if (r <= 0)
                return r < 0 ? r : preview_postpone(preview, reason);
        r = report_set_error(preview->report, DMIG_RESULT_PENDING, NULL);
        if (r >= 0)
                r = context_need_network(preview->ctx, error);
        if (r >= 0)
                r = preview_make_areas(preview, error);
        if (r >= 0)
                r = preview_open_stages(preview, error);
        if (r >= 0)
                r = preview_try_steps(preview, error);
        if (r < 0)
                return r;
        r = preview_remove_stages(preview);
        return r < 0 ? error_errnof(error, r, "can't remove %s" STATE_DIR "/%s/" PREVIEW_DIR, preview->ctx->root.path,
                                    preview->pkg->request.package)
                     : 0;
}

static int preview_do_package(struct preview *preview, struct error *error)
{
        struct package *pkg = preview->pkg;
        int r;

        preview->lock_fd = context_lock(preview->ctx, pkg->request.package, error);
        if (preview->lock_fd < 0)
                return preview->lock_fd;
        r = package_open_history(pkg, HISTORY_READ, error);
        if (r >= 0)
                r = transaction_check_ended(pkg->history, error);
        if (r >= 0)
                r = package_make_plan(pkg, error);
        if (r >= 0)
                r = package_report(pkg, PACKAGE_UPGRADE, preview->report);
        return r < 0 ? r : preview_do_upgrade(preview, error);
}

int dmig_preview(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
                 struct dmig_report **ret)
{
        const struct upgrade_request request = { .ctx = ctx,
                                                 .package = package,
                                                 .from = from,
                                                 .to = to,
                                                 .flags = flags,
                                                 .accepted = DMIG_REACH_OUT | DMIG_NOT_UNPACKED };
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        _cleanup_(package_done) struct package pkg = { .request = request };
        _cleanup_(preview_done) struct preview preview = { .ctx = ctx,
                                                           .pkg = &pkg,
                                                           .lock_fd = -EBADF,
                                                           .base = -EBADF,
                                                           .state = -EBADF,
                                                           .dir = -EBADF,
                                                           .running = RUNNING_NONE,
                                                           .checks = WORLD_NONE };
        int r;

        r = package_new_report(&request, ret, &report);
        if (r < 0)
                return r;
        preview.report = report;
        preview.running.ctx = ctx;
        preview.running.package = package;
        preview.running.command = "preview";
        r = preview_do_package(&preview, &ctx->error);
        return package_conclude_report(ctx, &report, r, ret);
}
