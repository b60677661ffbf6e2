/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What preview prints for people. */

#include "cli/report/report-text.h"

/* Each migration with the files that it would change, and what would change in them. */
void preview_text(const struct terminal *terminal, const struct dmig_report *report);
