/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changed files for people. */

#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

/* A line for each: what was done to it, its path, and by how much it changed. */
void files_text(const struct terminal *terminal, const struct dmig_files *files, size_t indent);
/* "3 files changed, 12 lines added, 5 removed". */
void files_text_sum(const struct terminal *terminal, const struct dmig_files *files, size_t indent);
