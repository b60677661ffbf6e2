/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reports that are shown together, when the last one is there. */

#include "deploy-migrate.h"

struct reports {
        struct dmig_report **reports;
        size_t n;
};

/* Takes over @report, unless there is no memory for it. Returns: 0 or -ENOMEM. */
int reports_add(struct reports *reports, struct dmig_report *report);
void reports_done(struct reports *reports);
