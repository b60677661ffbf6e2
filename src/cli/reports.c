/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/reports.h"

#include "cli/need.h"

void reports_add(struct reports *reports, struct dmig_report *report)
{
        assert(reports);
        assert(report);

        reports->reports = need_memory(reallocarray(reports->reports, reports->n + 1, sizeof(report)));
        reports->reports[reports->n++] = report;
}

void reports_done(struct reports *reports)
{
        assert(reports);

        for (size_t i = 0; i < reports->n; i++)
                dmig_report_unref(reports->reports[i]);
        free(reports->reports);
}
