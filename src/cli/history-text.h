/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A history for people: a line for each event. */

#include "deploy-migrate.h"
#include "terminal.h"

void history_text(const struct terminal *terminal, const struct dmig_history *history);
