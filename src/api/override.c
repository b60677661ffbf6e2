/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an administrator decides about a package. In: a retry, a mark, a consent, a baseline or a forget. The steps: check it, lock the package, recover
 * what was interrupted. Out: one event in the history, or one a migration; or, of a forget, free space.
 */

#include "catalog/catalog-load.h"
#include "catalog/migration-name.h"
#include "package/emit.h"
#include "package/package.h"
#include "package/reload.h"
#include "transaction/archive.h"
#include "transaction/transaction.h"

struct override {
        struct dmig *ctx;
        const char *package;
        int lock_fd;
        struct history *history;
};

static void override_done(struct override *override)
{
        history_free(override->history);
        fd_closep(&override->lock_fd);
}

static int override_open(struct override *override)
{
        struct dmig *ctx = override->ctx;
        int r;

        override->lock_fd = context_lock(ctx, override->package, &ctx->error);
        if (override->lock_fd < 0)
                return override->lock_fd;
        r = history_open(&(struct history_request){ &ctx->root, override->package, .mode = HISTORY_APPEND },
                         &override->history, &ctx->error);
        if (r < 0)
                return r;
        r = transaction_recover(ctx, override->history, &ctx->error);
        reload_units(ctx, override->package);
        return r;
}

static int override_need_history(struct override *override)
{
        if (override->history->fd >= 0)
                return 0;
        return error_setf(&override->ctx->error, -ENOENT, "%s has no history", override->package);
}

static int override_record(struct override *override, const struct emission *emission)
{
        return emit_event(override->ctx, override->history, emission, &override->ctx->error);
}

/* @ret: is in @ret_catalog. */
static int override_find_migration(struct override *override, const char *id, struct catalog **ret_catalog,
                                   const struct migration **ret)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        struct dmig *ctx = override->ctx;
        int r;

        r = context_check_argument(ctx, "id", id);
        if (r >= 0)
                r = catalog_load(&ctx->root, override->package, &catalog, &ctx->error);
        if (r < 0)
                return r;
        *ret = catalog_find(catalog, id);
        if (!*ret)
                return error_setf(&ctx->error, -EINVAL,
                                  "%s has no migration '%s'; see 'deploy-migrate plan %s' or %s/%s", override->package,
                                  id, override->package, VENDOR_DIR, override->package);
        *ret_catalog = TAKE_PTR(catalog);
        return 0;
}

int dmig_retry(struct dmig *ctx, const char *package, unsigned flags)
{
        const struct upgrade_request request = { .ctx = ctx, .package = package, .flags = flags };
        _cleanup_(override_done) struct override override = { .ctx = ctx, .package = package, .lock_fd = -EBADF };
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = override_open(&override);
        if (r >= 0)
                r = override_need_history(&override);
        if (r >= 0)
                r = override_record(&override, &(const struct emission){ .name = "retry" });
        return context_end(ctx, r);
}

/* ---- Mark ---- */

static int mark_check_state(struct dmig *ctx, enum dmig_state state)
{
        if (state == DMIG_STATE_APPLIED || state == DMIG_STATE_SKIPPED)
                return 0;
        return error_setf(&ctx->error, -EINVAL, "a migration can't be marked as %s; mark it as applied or as skipped",
                          dmig_state_to_string(state));
}

int dmig_mark(struct dmig *ctx, const char *package, const char *id, enum dmig_state as, const char *reason,
              unsigned flags)
{
        const struct upgrade_request request = { .ctx = ctx, .package = package, .flags = flags };
        _cleanup_(override_done) struct override override = { .ctx = ctx, .package = package, .lock_fd = -EBADF };
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        const struct migration *migration;
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = mark_check_state(ctx, as);
        if (r >= 0)
                r = context_check_argument(ctx, "reason", reason);
        if (r >= 0)
                r = override_find_migration(&override, id, &catalog, &migration);
        if (r >= 0)
                r = override_open(&override);
        if (r >= 0)
                r = override_record(&override, &(const struct emission){ "marked",
                                                                         { { "id", .text = id },
                                                                           { "as", .text = dmig_state_to_string(as) },
                                                                           { "reason", .text = reason } } });
        return context_end(ctx, r);
}

/* ---- Accept ---- */

static int accept_record(struct override *override, const char *id, const char *text)
{
        return override_record(
                override, &(const struct emission){ "consent", { { "id", .text = id }, { "text", .text = text } } });
}

/* Also a migration that isn't due yet. Returns: how many consents were recorded, or a negative errno. */
static int accept_one(struct override *override, const char *id)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        const struct migration *migration = NULL;
        const struct record *record;
        const char *text;
        int r;

        r = override_find_migration(override, id, &catalog, &migration);
        if (r < 0)
                return r;
        text = migration->manifest->consent;
        if (!text)
                return error_setf(&override->ctx->error, -EINVAL, "%s of %s asks for no consent", id,
                                  override->package);
        r = override_open(override);
        if (r < 0)
                return r;
        record = history_state_find(&override->history->state, id);
        if (record && record_has_consent(record, text))
                return 0;
        r = accept_record(override, id, text);
        return r < 0 ? r : 1;
}

/* Returns: as accept_one(). */
static int accept_due(struct override *override, const struct upgrade_request *request)
{
        _cleanup_(package_done) struct package pkg = { .request = *request };
        int n = 0, r;

        r = override_open(override);
        if (r < 0)
                return r;
        pkg.history = TAKE_PTR(override->history);
        r = package_make_plan(&pkg, &override->ctx->error);
        override->history = TAKE_PTR(pkg.history);
        for (size_t i = 0; r >= 0 && i < pkg.plan.n_steps; i++) {
                const struct plan_step *step = &pkg.plan.steps[i];

                if (!step->consent)
                        continue;
                r = accept_record(override, step->id, step->consent);
                n++;
        }
        return r < 0 ? r : n;
}

int dmig_accept(struct dmig *ctx, const char *package, const char *id, unsigned flags)
{
        const struct upgrade_request request = { .ctx = ctx, .package = package, .flags = flags };
        _cleanup_(override_done) struct override override = { .ctx = ctx, .package = package, .lock_fd = -EBADF };
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = id ? accept_one(&override, id) : accept_due(&override, &request);
        return context_end(ctx, r);
}

/* ---- Baseline ---- */

/* Software that isn't a Debian package needs no package database. */
static int baseline_find_package(struct dmig *ctx, const char *package, bool *ret)
{
        const struct dpkg_package *known = NULL;
        int r;

        r = context_find_package(ctx, package, &known, &ctx->error);
        if (r < 0 && r != -ENOENT)
                return r;
        *ret = known;
        return 0;
}

/* Without the lock, which a run may hold for long. Returns: 1 if the history has a version, 0, or a negative errno. */
static int baseline_is_known(struct dmig *ctx, const char *package)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        r = history_open(&(struct history_request){ &ctx->root, package, .mode = HISTORY_READ }, &history, &ctx->error);
        return r < 0 ? r : history->state.from != NULL;
}

static int baseline_record(struct override *override, const char *version, bool reopens)
{
        struct emission emission = { "baseline", { { "version", .text = version }, { "source", .text = "argument" } } };
        struct field *field = &emission.fields[2];
        bool known = false;
        int r;

        r = baseline_find_package(override->ctx, override->package, &known);
        if (r >= 0)
                r = override_open(override);
        if (r < 0)
                return r;
        if (!reopens && override->history->state.from)
                return 1;
        if (reopens && history_state_has_effects(&override->history->state))
                *field++ = (struct field){ "reopens", .text = "applied" };
        if (!known)
                *field = (struct field){ "to_source", .text = "argument" };
        return override_record(override, &emission);
}

int dmig_baseline(struct dmig *ctx, const char *package, const char *version, unsigned flags)
{
        const struct upgrade_request request = {
                .ctx = ctx, .package = package, .flags = flags, .accepted = DMIG_IF_UNKNOWN
        };
        _cleanup_(override_done) struct override override = { .ctx = ctx, .package = package, .lock_fd = -EBADF };
        bool if_unknown = flags & DMIG_IF_UNKNOWN;
        _cleanup_free_ char *text = NULL;
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = context_check_argument(ctx, "version", version);
        if (r < 0 || (if_unknown && !version[0]))
                return r < 0 ? context_end(ctx, r) : 1;
        r = version_from_argument(version, &text, &ctx->error);
        if (r >= 0 && if_unknown)
                r = baseline_is_known(ctx, package);
        if (r == 0)
                r = baseline_record(&override, text, !if_unknown);
        return context_end(ctx, r);
}

/* ---- Forget ---- */

int dmig_forget(struct dmig *ctx, const char *package, unsigned flags, uint64_t *ret_bytes)
{
        const struct upgrade_request request = { .ctx = ctx, .package = package, .flags = flags };
        _cleanup_(override_done) struct override override = { .ctx = ctx, .package = package, .lock_fd = -EBADF };
        uint64_t bytes = 0;
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = override_open(&override);
        if (r >= 0)
                r = override_need_history(&override);
        if (r >= 0)
                r = archive_forget(override.history, &bytes, &ctx->error);
        if (r >= 0 && ret_bytes)
                *ret_bytes = bytes;
        return context_end(ctx, r);
}
