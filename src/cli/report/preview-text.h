/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints a preview for people. */

#include "cli/report/report-text.h"

/* Each migration with the files that it would change, and their diffs. */
void preview_text_print(const struct terminal *terminal, const struct dmig_report *report);
