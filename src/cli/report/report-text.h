/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints reports for people. */

#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

#define STATE_BIT(state) (1U << (state))
/* The states of migrations that still have to run, even if they have been given up. */
#define STATES_OPEN                                                                                       \
        (STATE_BIT(DMIG_STATE_PENDING) | STATE_BIT(DMIG_STATE_FAILED) | STATE_BIT(DMIG_STATE_POSTPONED) | \
         STATE_BIT(DMIG_STATE_GAVE_UP) | STATE_BIT(DMIG_STATE_RUNNING))

/* "sample: 1.0-1 -> 1.2-1 (from dpkg.log)". */
void report_text_print_heading(const struct terminal *terminal, const struct dmig_report *report);
/* A line for each migration in one of @states, and below it its error. */
void report_text_print_steps(const struct terminal *terminal, const struct dmig_report *report, unsigned states);
/* The same for one migration. */
void report_text_print_step(const struct terminal *terminal, const struct dmig_step *step);
/* The result, and the error unless it is that of a migration. */
void report_text_print_result(const struct terminal *terminal, const struct dmig_report *report);
/* What to type next, if something isn't as it should be; @root: of --root, NULL: the running system. */
void report_text_print_commands(const struct terminal *terminal, const struct dmig_report *report, const char *root);
/* An indented line below the one that it is about. */
void report_text_print_note(const struct terminal *terminal, enum style style, const char *text);

/* Returns: the number of migrations in one of @states. */
size_t report_count_states(const struct dmig_report *report, unsigned states);
enum style report_style(enum dmig_result result);
