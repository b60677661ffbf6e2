/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints a history for people: a line for each event, and below it the files that it changed. */

#include "cli/terminal/terminal.h"
#include "deploy-migrate.h"

/* @files: of each event; NULL: not known, or not asked for. */
void history_text_print(const struct terminal *terminal, const struct dmig_history *history,
                        const struct dmig_files *const *files);
