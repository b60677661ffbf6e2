/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/transaction.h"

#include "changes/changes-space.h"
#include "changes/changes-stage.h"
#include "history/event.h"
#include "package/emit.h"
#include "transaction/prepared.h"

/* ---- Before the commit ---- */

struct transaction *transaction_free(struct transaction *transaction)
{
        if (!transaction)
                return NULL;
        redo_free(transaction->redo);
        stage_free(transaction->stage);
        areas_free(transaction->areas);
        free(transaction);
        return NULL;
}

int transaction_try_stage(struct dmig *ctx, const char *package, const struct stage *stage, struct error *error)
{
        assert(ctx && package && stage);
        return commit_try_areas(
                &(const struct commit_place){
                        .root = &ctx->root, .package = package, .path = stage->path, .dir = stage->dir },
                stage, error);
}

int transaction_begin(const struct transaction_request *request, struct transaction **ret, struct error *error)
{
        _cleanup_(transaction_freep) struct transaction *t = NULL;
        int r;

        assert(request && request->ctx && request->history && request->migration && ret);
        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->request = *request;
        r = areas_find_out(&(struct areas_request){ .root = &request->ctx->root,
                                                    .writes = request->migration->manifest->writes.list,
                                                    .mounts = request->mounts },
                           &t->areas, error);
        if (r >= 0)
                r = stage_new(
                        &(struct stage_request){ .state = request->history->dir, .name = STAGE_DIR, .areas = t->areas },
                        &t->stage, error);
        if (r >= 0)
                r = transaction_try_stage(request->ctx, request->history->package, t->stage, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

static int transaction_make_redo(struct transaction *t, const struct transaction_end *end)
{
        struct redo *redo = t->redo = calloc(1, sizeof(*redo));
        const char *boot;
        int r;

        if (!redo)
                return -ENOMEM;
        r = boot_id_get(&boot);
        if (r < 0)
                return r;
        redo->id = strdup(t->request.migration->id);
        redo->sha256 = strdup(end->sha256);
        redo->from = strdup(end->from);
        redo->run = strdup(t->request.ctx->run_id);
        redo->boot = strdup(boot);
        redo->upgrade = (int64_t)t->request.history->state.upgrades.n;
        redo->position = (int64_t)t->request.history->size;
        redo->duration_ms = end->duration_ms;
        return redo->id && redo->sha256 && redo->run && redo->from && redo->boot ? 0 : -ENOMEM;
}

int transaction_prepare(struct transaction *t, const struct transaction_end *end, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        size_t n;
        int r;

        assert(t && !t->redo && end && end->from && end->sha256);
        r = transaction_make_redo(t, end);
        if (r >= 0)
                r = changes_read_stage(t->stage, &t->request.ctx->root, &t->redo->changes, error);
        if (r >= 0)
                r = changes_check_space(t->stage, &t->redo->changes, error);
        if (r < 0)
                return r;
        n = changes_count(&t->redo->changes);
        if (n == 0)
                return 0;
        r = prepared_open(&prepared, t->request.history, error);
        if (r > 0)
                r = commit_prepare(&prepared.place, t->stage, t->redo, error);
        return r < 0 ? r : (int)n;
}

int transaction_list_changes(const struct transaction *t, struct dmig_files *files, struct strv *notices)
{
        int r;

        assert(t && t->redo && files && notices);
        r = redo_list_files(t->redo, files);
        return r < 0 ? r : strv_add_all(notices, t->redo->changes.notices.list);
}

/* ---- The commit ---- */

int transaction_commit(struct transaction *t, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        int r;

        assert(t && t->redo);
        t->committing = true;
        r = prepared_open(&prepared, t->request.history, error);
        if (r == 0)
                return error_setf(error, -ENOENT, "can't commit %s: its stage %s is gone", t->redo->id, prepared.path);
        if (r > 0)
                r = emit_event(t->request.ctx, t->request.history,
                               &(const struct emission){ "committing", { { "id", .text = t->redo->id } } }, error);
        if (r >= 0)
                r = prepared_apply(t->request.ctx, &prepared, t->redo, error);
        /* Holds are on the system, so they go as long as it is our turn to commit. */
        return r < 0 || !redo_has_holds(t->redo) ? r : transaction_archive(t, error);
}

int transaction_archive(struct transaction *t, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        int r;

        assert(t && t->committing);
        if (t->archived)
                return 0;
        r = emit_settle(t->request.ctx, t->request.history, error);
        if (r >= 0)
                r = prepared_open(&prepared, t->request.history, error);
        if (r == 0)
                return error_setf(error, -ENOENT, "can't archive %s: its stage %s is gone", t->redo->id, prepared.path);
        if (r > 0)
                r = prepared_archive(&prepared, t->redo, error);
        t->archived = r >= 0;
        return r;
}

int transaction_drop(struct history *history, struct error *error)
{
        _cleanup_(prepared_done) struct prepared prepared = { .dir = -EBADF };
        int r;

        assert(history);
        r = prepared_open(&prepared, history, error);
        return r <= 0 ? r : prepared_drop(&prepared, error);
}
