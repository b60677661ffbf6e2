/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What status prints for people. */

#include "cli/report/report-text.h"

/* A line for each package; with @notes also what is wrong with it, below. */
void status_text_table(const struct terminal *terminal, struct dmig_report *const *reports, size_t n, bool notes);
/* One package with its migrations, and what is wrong with it. */
void status_text_package(const struct terminal *terminal, const struct dmig_report *report);
