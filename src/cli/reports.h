/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A list of reports, for a verb that prints them together at the end. */

#include "basic/macro.h"
#include "deploy-migrate.h"

struct reports {
        struct dmig_report **reports;
        size_t n;
};

/* Takes over @report. */
void reports_add(struct reports *reports, struct dmig_report *report);
void reports_done(struct reports *reports);
