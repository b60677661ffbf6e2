/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/read-only.h"

#include "catalog/lasting-data.h"
#include "package/package.h"
#include "transaction/archive.h"

#include <syslog.h>

static int read_only_explain(const struct upgrade_request *request, struct error *error)
{
        _cleanup_error_ struct error reason = *error;

        *error = (struct error){ 0 };
        return error_setf(error, -EROFS,
                          "%s; %s has data to migrate, so make %s" STATE_DIR
                          " a link to a directory that can be written, on the disk of the data",
                          error_text(&reason), request->package, request->ctx->root.path);
}

/* Returns: 1 if there is something to migrate, or half of a transaction to finish; 0, or a negative errno with @error set. */
static int read_only_has_work(struct package *pkg, struct error *error)
{
        const struct upgrade_request *request = &pkg->request;
        int r;

        r = archive_is_unfinished(&request->ctx->root, request->package);
        if (r != 0)
                return r;
        r = package_open_history(pkg, HISTORY_READ, error);
        if (r >= 0)
                r = package_make_plan(pkg, error);
        return r < 0 ? r : pkg->plan.n_pending > 0 || history_state_unfinished(&pkg->history->state);
}

int read_only_report(const struct upgrade_request *request, struct dmig_report **report, struct error *error)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *fresh = NULL;
        _cleanup_(package_done) struct package pkg = { .request = *request };
        _cleanup_error_ struct error reason = { 0 };
        int r;

        assert(report && *report);
        assert(error);

        if (lasting_state_is_read_only(&request->ctx->root) <= 0)
                return -EROFS;
        r = read_only_has_work(&pkg, &reason);
        if (r > 0)
                return read_only_explain(request, error);
        if (r >= 0)
                r = report_new(request->package, &fresh);
        if (r >= 0)
                r = package_report(&pkg, PACKAGE_UPGRADE, fresh);
        error_clear(error);
        if (r < 0) {
                *error = reason;
                reason = (struct error){ 0 };
                return r;
        }
        context_log(request->ctx, LOG_WARNING, request->package,
                    "%s" STATE_DIR " is read-only, so nothing is recorded; nothing of %s has to be migrated",
                    request->ctx->root.path, request->package);
        dmig_report_unref(*report);
        *report = TAKE_PTR(fresh);
        return 0;
}
