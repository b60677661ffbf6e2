/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/reports.h"

int reports_add(struct reports *reports, struct dmig_report *report)
{
        struct dmig_report **grown;

        assert(reports);
        assert(report);

        grown = reallocarray(reports->reports, reports->n + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        reports->reports = grown;
        reports->reports[reports->n++] = report;
        return 0;
}

void reports_done(struct reports *reports)
{
        assert(reports);

        for (size_t i = 0; i < reports->n; i++)
                dmig_report_unref(reports->reports[i]);
        free(reports->reports);
}
