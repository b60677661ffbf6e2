/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the administrator says about a package: retry, mark, baseline, forget. */

#include "catalog/catalog-load.h"
#include "catalog/migration-name.h"
#include "package/emit.h"
#include "package/package.h"
#include "transaction/archive.h"
#include "transaction/transaction.h"

struct amendment {
        const char *package;
        const char *event;
        const struct field *fields;
        const char *id; /* a migration that has to exist, NULL where none is meant */
        bool needs_history;
};

static int check_id(struct dmig *ctx, const struct amendment *amendment)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        int r;

        if (!amendment->id)
                return 0;
        r = catalog_load(&ctx->root, amendment->package, &catalog, &ctx->error);
        if (r < 0)
                return r;
        if (!catalog_find(catalog, amendment->id))
                return error_setf(&ctx->error, -EINVAL, "%s has no migration '%s': see deploy-migrate plan %s or %s/%s",
                                  amendment->package, amendment->id, amendment->package, VENDOR_DIR,
                                  amendment->package);
        return 0;
}

static int append(struct dmig *ctx, const struct amendment *amendment)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        r = history_open(&ctx->root, amendment->package, HISTORY_APPEND, false, &history, &ctx->error);
        if (r >= 0)
                r = transaction_recover(ctx, history, &ctx->error);
        if (r < 0)
                return r;
        if (amendment->needs_history && history->fd < 0)
                return error_setf(&ctx->error, -ENOENT, "%s has no history", amendment->package);
        return emit_event(ctx, history, amendment->event, amendment->fields, &ctx->error);
}

static int amend(struct dmig *ctx, const struct amendment *amendment)
{
        const struct upgrade_request request = { .package = amendment->package };
        _cleanup_close_ int lock = -EBADF;
        int r;

        r = package_check_request(&request, &ctx->error);
        if (r >= 0)
                r = check_id(ctx, amendment);
        if (r < 0)
                return r;
        lock = context_lock(ctx, amendment->package, &ctx->error);
        return lock < 0 ? lock : append(ctx, amendment);
}

int dmig_retry(struct dmig *ctx, const char *package)
{
        const struct amendment amendment = {
                .package = package,
                .event = "retry",
                .fields = (const struct field[]){ { 0 } },
                .needs_history = true,
        };

        return amend(ctx, &amendment);
}

int dmig_mark(struct dmig *ctx, const char *package, const char *id, enum dmig_state as, const char *reason)
{
        const struct amendment amendment = {
                .package = package,
                .event = "marked",
                .fields = (const struct field[]){ { "id", .text = id },
                                                  { "as", .text = dmig_state_to_string(as) },
                                                  { "reason", .text = reason },
                                                  { 0 } },
                .id = id,
        };

        if (as != DMIG_STATE_APPLIED && as != DMIG_STATE_SKIPPED)
                return error_setf(&ctx->error, -EINVAL, "a migration is marked as applied or as skipped, not as %s",
                                  dmig_state_to_string(as));
        return amend(ctx, &amendment);
}

int dmig_baseline(struct dmig *ctx, const char *package, const char *version)
{
        _cleanup_free_ char *text = NULL;
        const struct dpkg_package *known = NULL;
        int r;

        r = version_from_argument(version, &text, &ctx->error);
        if (r < 0)
                return r;
        r = package_name_is_valid(package) ? context_find_package(ctx, package, &known, &ctx->error) : 0;
        if (r < 0 && r != -ENOENT)
                return r;
        return amend(ctx, &(const struct amendment){
                                  .package = package,
                                  .event = "baseline",
                                  .fields = (const struct field[]){ { "version", .text = text },
                                                                    { "source", .text = "argument" },
                                                                    { known ? NULL : "to_source", .text = "argument" },
                                                                    { 0 } },
                          });
}

/* ---- Without an undo ---- */

static int forget_archive(struct dmig *ctx, const char *package, uint64_t *ret_bytes)
{
        _cleanup_(history_freep) struct history *history = NULL;
        int r;

        r = history_open(&ctx->root, package, HISTORY_APPEND, false, &history, &ctx->error);
        if (r >= 0)
                r = transaction_recover(ctx, history, &ctx->error);
        if (r < 0)
                return r;
        if (history->fd < 0)
                return error_setf(&ctx->error, -ENOENT, "%s has no history", package);
        return archive_forget(history, ret_bytes, &ctx->error);
}

int dmig_forget(struct dmig *ctx, const char *package, uint64_t *ret_bytes)
{
        const struct upgrade_request request = { .package = package };
        _cleanup_close_ int lock = -EBADF;
        uint64_t bytes = 0;
        int r;

        r = package_check_request(&request, &ctx->error);
        if (r < 0)
                return r;
        lock = context_lock(ctx, package, &ctx->error);
        if (lock < 0)
                return lock;
        r = forget_archive(ctx, package, &bytes);
        if (r >= 0 && ret_bytes)
                *ret_bytes = bytes;
        return r;
}
