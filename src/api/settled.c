/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/settled.h"

#include "history/history.h"
#include "transaction/archive.h"

int settled_report(const struct upgrade_request *request, struct dmig_report *report, struct error *error)
{
        const struct root *root;
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        _cleanup_free_ char *to = NULL;
        const char *name, *version;
        int r;

        assert(request && report);

        root = &request->ctx->root;
        if (request->from || archive_is_unfinished(root, request->package) != 0 ||
            history_peek(root, request->package, &event) <= 0)
                return 0;
        name = dmig_event_get_name(event);
        if (!name || !(streq(name, "completed") || streq(name, "baseline")))
                return 0;
        version = dmig_event_get_string(event, name[0] == 'c' ? "to" : "version");
        r = version ? upgrade_resolve_to(request, &to, error) : 0;
        if (r <= 0 || !streq(version, to))
                return r < 0 ? r : 0;

        report->result = DMIG_RESULT_NOTHING_TO_DO;
        return report_set_versions(report, to, to, "history") < 0 ? -ENOMEM : 1;
}
