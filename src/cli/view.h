/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shows the reports of upgrades, for run, plan, preview and retry: as text or JSON, or in the journal. */

#include "cli/cli.h"
#include "cli/report/report-text.h"

struct view {
        bool planned;    /* nothing was executed */
        bool named;      /* the user named the packages */
        unsigned states; /* the migrations to show */
        void (*print)(const struct terminal *terminal, const struct dmig_report *report); /* NULL: a line for each */
        /* Counts of the reports that were shown. */
        size_t n_packages;
        size_t n_idle;   /* with nothing to do */
        size_t n_failed; /* not migrated, for whatever reason */
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
/* Shows the counts, after the last report; @status: how all of them ended. */
void view_finish(const struct cli *cli, const struct view *view, int status);
