/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints changed files for people. */

#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

/* A line for each file: the kind of change, the path, and how much changed. */
void files_text_print(const struct terminal *terminal, const struct dmig_files *files, size_t indent);
/* "3 files changed, 12 lines added, 5 removed". */
void files_text_print_sum(const struct terminal *terminal, const struct dmig_files *files, size_t indent);
