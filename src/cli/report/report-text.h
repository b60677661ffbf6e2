/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reports for people. */

#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

#define STATE_BIT(state) (1U << (state))
/* What a run has still to do, or would have, were it not given up. */
#define STATES_OPEN                                                                                       \
        (STATE_BIT(DMIG_STATE_PENDING) | STATE_BIT(DMIG_STATE_FAILED) | STATE_BIT(DMIG_STATE_POSTPONED) | \
         STATE_BIT(DMIG_STATE_GAVE_UP))

/* "sample: 1.0-1 -> 1.2-1 (from dpkg.log)". */
void report_text_heading(const struct terminal *terminal, const struct dmig_report *report);
/* A line for each migration in one of @states, and one below it for its error. */
void report_text_steps(const struct terminal *terminal, const struct dmig_report *report, unsigned states);
/* The line of one alone, and below it its error. */
void report_text_step(const struct terminal *terminal, const struct dmig_step *step);
/* The result, and its error where report_text_steps() hasn't told it. */
void report_text_result(const struct terminal *terminal, const struct dmig_report *report);
/* One line, below what it is about. */
void report_text_note(const struct terminal *terminal, enum style style, const char *text);

/* Returns: how many migrations are in one of @states. */
size_t report_count_states(const struct dmig_report *report, unsigned states);
enum style report_style(enum dmig_result result);
