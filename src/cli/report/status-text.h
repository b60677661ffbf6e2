/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints the state of packages for people. */

#include "cli/report/report-text.h"

/* A line for each package; with @notes also its problems, below it. */
void status_text_print_table(const struct terminal *terminal, struct dmig_report *const *reports, size_t n, bool notes);
/* One package with its migrations and its problems. */
void status_text_print_package(const struct terminal *terminal, const struct dmig_report *report);
