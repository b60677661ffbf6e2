/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What run, plan and retry have in common: how the report of an upgrade is shown. */

#include "cli/cli.h"
#include "cli/report/report-text.h"

struct view {
        bool planned;    /* nothing was executed */
        bool named;      /* the user named the packages */
        unsigned states; /* which migrations to show */
        void (*text)(const struct terminal *terminal, const struct dmig_report *report); /* instead of that */
        size_t n_packages;
        size_t n_idle;   /* where there was nothing to do */
        size_t n_failed; /* that could not be migrated, for whatever reason */
};

#define VIEW_RUN              \
        {                     \
                .states = ~0U \
        }
#define VIEW_PLAN                                                                           \
        {                                                                                   \
                .planned = true, .states = STATES_OPEN | STATE_BIT(DMIG_STATE_OUT_OF_ORDER) \
        }

/* Returns: the exit status for @report. */
int view_show(struct cli *cli, struct view *view, const struct dmig_report *report);
/* Behind the last report. */
void view_finish(const struct cli *cli, const struct view *view);
